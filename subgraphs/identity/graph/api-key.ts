import { screaming } from '#kit/builder.ts'
import { listOf, one } from '#kit/lookup.ts'
import { may, signedIn, tiers } from '#kit/viewer.ts'
import * as apiKeys from '../model/api-key.ts'
import * as users from '../model/user.ts'
import type { ApiKeyRow } from '../tables.ts'
import { builder, lists } from './builder.ts'
import { User } from './user.ts'

const ApiKeyTier = builder.enumType('ApiKeyTier', {
  description: 'How much a key may ask.',
  values: screaming(tiers),
})

const ApiKey = builder.objectRef<ApiKeyRow>('ApiKey').implement({
  needs: 'apikeys:read',
  description:
    'With what a program comes in, on behalf of who made the key, and with a part of what they may do.',
  fields: (t) => ({
    id: t.exposeID('id'),
    name: t.exposeString('name'),
    hint: t.exposeString('hint', { description: 'How the key begins.' }),
    scopes: t.exposeStringList('scopes', {
      description: 'Permissions that it was given. It has those of them that its maker still holds.',
    }),
    tier: t.field({ type: ApiKeyTier, resolve: ({ tier }) => tier }),
    allowedIps: t.exposeStringList('allowedIps', {
      description: 'Networks that it may be used from; everywhere when there are none.',
    }),
    createdBy: t.field({
      type: User,
      nullable: true,
      authScopes: { permission: 'users:read' },
      resolve: ({ createdBy }, _args, context) => one(context, 'user', createdBy, users.find),
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    expiresAt: t.expose('expiresAt', { type: 'DateTime' }),
    lastUsedAt: t.expose('lastUsedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Within a minute.',
    }),
    revokedAt: t.expose('revokedAt', { type: 'DateTime', nullable: true }),
  }),
})

const ApiKeyConnection = lists.connection(ApiKey)
const ApiKeyFilter = builder.inputType('ApiKeyFilter', {
  description: 'Which keys to list.',
  fields: (t) => ({ search: t.string({ description: 'Part of the name or of how the key begins.' }) }),
})
const listArgs = lists.args(ApiKeyFilter, lists.order('ApiKey', apiKeys.spec))

const KeyStanding = builder.objectRef<apiKeys.KeyStanding>('KeyStanding').implement({
  needs: 'inherited',
  inaccessible: true,
  description: 'Whom a key acts for, and what it may do now.',
  fields: (t) => ({
    id: t.exposeID('id'),
    organizationId: t.exposeID('organizationId'),
    userId: t.exposeID('userId'),
    accountId: t.exposeID('accountId'),
    permissions: t.exposeStringList('permissions'),
    allowedIps: t.exposeStringList('allowedIps'),
    tier: t.exposeString('tier'),
    expiresAt: t.expose('expiresAt', { type: 'DateTime' }),
  }),
})

builder.queryFields((t) => ({
  apiKeys: t.field({
    type: ApiKeyConnection,
    description:
      'The keys of the organization, for who manages them, else one’s own; those that have ended too.',
    authScopes: { permission: 'apikeys:read' },
    args: listArgs,
    listSize: lists.size,
    resolve: (_root, args, context) => {
      const viewer = signedIn(context.viewer)
      const own = may(viewer, 'apikeys:manage') ? {} : { createdBy: [viewer.userId] }
      return listOf(context, apiKeys.spec, { ...args, filter: { ...args.filter, ...own } })
    },
  }),
  apiKey: t.field({
    type: ApiKey,
    nullable: true,
    description: 'One key, or null.',
    authScopes: { permission: 'apikeys:read' },
    args: { id: t.arg.id({ required: true }) },
    resolve: async (_root, { id }, context) => {
      const apiKey = await one(context, 'apiKey', id, apiKeys.find)
      return apiKey && apiKeys.concerns(signedIn(context.viewer), apiKey) ? apiKey : null
    },
  }),
  keyStanding: t.field({
    type: KeyStanding,
    nullable: true,
    description: 'Whom the key of a SHA-256 (hex) acts for, or null. For the gateway’s door only.',
    inaccessible: true,
    skipTypeScopes: true,
    authScopes: { peer: 'door' },
    args: { hash: t.arg.string({ required: true }) },
    resolve: (_root, { hash }, { db }) => (/^[0-9a-f]{64}$/.test(hash) ? apiKeys.standing(db, hash) : null),
  }),
}))

const CreateApiKeyInput = builder.inputType('CreateApiKeyInput', {
  description: 'A key to make.',
  fields: (t) => ({
    name: t.string({ required: true }),
    scopes: t.stringList({
      required: true,
      description: 'Permissions such as `alerts:read`, no more than the viewer has.',
    }),
    expiresInDays: t.int({ required: true, defaultValue: 90, description: 'From 1 to 365.' }),
    allowedIps: t.stringList({
      required: true,
      defaultValue: [],
      description: 'Addresses or networks (CIDR), IPv4 or IPv6, that it may be used from; else everywhere.',
    }),
  }),
})
const CreateApiKeyPayload = builder
  .objectRef<{ apiKey: ApiKeyRow; key: string }>('CreateApiKeyPayload')
  .implement({
    needs: 'inherited',
    description: 'A key that was made.',
    fields: (t) => ({
      apiKey: t.field({ type: ApiKey, resolve: ({ apiKey }) => apiKey }),
      key: t.exposeString('key', {
        description:
          'Goes into `Authorization: Bearer` or `X-API-Key`. Shown here only: nobody can tell it again.',
      }),
    }),
  })
const RevokeApiKeyInput = builder.inputType('RevokeApiKeyInput', {
  description: 'The key to end.',
  fields: (t) => ({ id: t.id({ required: true }) }),
})
const RevokeApiKeyPayload = builder.objectRef<{ apiKey: ApiKeyRow }>('RevokeApiKeyPayload').implement({
  needs: 'inherited',
  description: 'A key that was ended.',
  fields: (t) => ({ apiKey: t.field({ type: ApiKey, resolve: ({ apiKey }) => apiKey }) }),
})

builder.mutationFields((t) => ({
  createApiKey: t.field({
    type: CreateApiKeyPayload,
    description: 'Makes a key for a program, which acts for the viewer and never with more than they may do.',
    authScopes: { permission: 'apikeys:write' },
    args: { input: t.arg({ type: CreateApiKeyInput, required: true }) },
    resolve: (_root, { input }, { tenant, viewer }) =>
      tenant((trx) => apiKeys.create(trx, signedIn(viewer), input)),
  }),
  revokeApiKey: t.field({
    type: RevokeApiKeyPayload,
    description: 'Ends a key, within a second: one’s own, or anybody’s for who manages keys.',
    authScopes: { permission: 'apikeys:write' },
    args: { input: t.arg({ type: RevokeApiKeyInput, required: true }) },
    resolve: async (_root, { input }, { tenant, viewer }) => ({
      apiKey: await tenant((trx) => apiKeys.revoke(trx, signedIn(viewer), input.id)),
    }),
  }),
}))

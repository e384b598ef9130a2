import { notFound } from '#kit/errors.ts'
import { signedIn } from '#kit/viewer.ts'
import * as connections from '../model/sso-connection.ts'
import { callbackUrl } from '../model/sso-start.ts'
import { problems } from '../model/sso-test.ts'
import type { RoleOfGroup, SsoConnectionRow } from '../tables.ts'
import { builder } from './builder.ts'
import { Role } from './user.ts'

const SsoRole = builder.objectRef<RoleOfGroup>('SsoRole').implement({
  needs: 'organization:write',
  description: 'The role that a group of the provider gives.',
  fields: (t) => ({
    group: t.exposeString('group', { description: 'As the claim or a provisioned group names it.' }),
    role: t.field({ type: Role, resolve: ({ role }) => role }),
  }),
})

const SsoConnection = builder.objectRef<SsoConnectionRow>('SingleSignOn').implement({
  needs: 'organization:write',
  description: 'How the people of an organization sign in at a provider of its own (OpenID Connect).',
  fields: (t) => ({
    id: t.exposeID('id'),
    issuer: t.exposeString('issuer', { description: 'The address that the provider names itself by.' }),
    clientId: t.exposeString('clientId'),
    hasClientSecret: t.boolean({
      description: 'Whether there is a secret. Nobody can read it.',
      resolve: ({ clientSecretSealed }) => clientSecretSealed !== null,
    }),
    redirectUri: t.string({
      description: 'What the provider has to know: where it sends browsers back to.',
      resolve: (_connection, _args, context) => callbackUrl(context),
    }),
    scopes: t.exposeStringList('scopes'),
    groupClaim: t.exposeString('groupClaim', {
      nullable: true,
      description: 'The claim that names somebody’s groups.',
    }),
    roleMap: t.field({
      type: [SsoRole],
      description:
        'Read at every sign-in: the strongest role counts. While it is empty, roles are given here and not by the provider.',
      resolve: ({ roleMap }) => roleMap,
    }),
    defaultRole: t.field({
      type: Role,
      nullable: true,
      description: 'The role of who has none of the groups; without it they do not come in.',
      resolve: ({ defaultRole }) => defaultRole,
    }),
    domains: t.exposeStringList('domains', {
      description: 'Of which domains a verified e-mail says which member somebody is.',
    }),
    isJit: t.exposeBoolean('isJit', {
      description: 'Whether who signs in with an e-mail of the domains becomes a member where they are none.',
    }),
    isEnabled: t.exposeBoolean('isEnabled'),
    isRequired: t.exposeBoolean('isRequired', {
      description: 'Whether it is the only way in, for all but one admin.',
    }),
    breakGlassUserId: t.exposeID('breakGlassUserId', {
      nullable: true,
      description: 'The admin who still comes in otherwise; their role is never the provider’s.',
    }),
    testedAt: t.expose('testedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When a test last found nothing wrong.',
    }),
    version: t.exposeInt('version', { description: 'Rises with each change.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime' }),
  }),
})

builder.queryField('ssoConnection', (t) =>
  t.field({
    type: SsoConnection,
    nullable: true,
    description: 'The organization’s single sign-on, or null.',
    authScopes: { permission: 'organization:write' },
    resolve: (_root, _args, { tenant }) => tenant(connections.find),
  }),
)

const SsoRoleInput = builder.inputType('SsoRoleInput', {
  description: 'A group of the provider, and the role that it gives.',
  fields: (t) => ({ group: t.string({ required: true }), role: t.field({ type: Role, required: true }) }),
})
const SetSsoConnectionInput = builder.inputType('SetSsoConnectionInput', {
  description: 'What to make or change of the connection; what is left out stays, and null takes it away.',
  fields: (t) => ({
    issuer: t.string({ description: 'Needed when there is none yet. Another one forgets the secret.' }),
    clientId: t.string(),
    clientSecret: t.string({ description: 'Kept sealed; nobody can read it again.' }),
    scopes: t.stringList({ description: 'Besides `openid`.' }),
    groupClaim: t.string(),
    roleMap: t.field({ type: [SsoRoleInput] }),
    defaultRole: t.field({ type: Role }),
    domains: t.stringList(),
    isJit: t.boolean(),
    isEnabled: t.boolean(),
    isRequired: t.boolean({
      description: 'Needs `breakGlassUserId`. Sessions that were opened otherwise end.',
    }),
    breakGlassUserId: t.id(),
    expectedVersion: t.int({ description: 'Refuses with CONFLICT when the version is another one by now.' }),
  }),
})
const SetSsoConnectionPayload = builder
  .objectRef<{ connection: SsoConnectionRow }>('SetSsoConnectionPayload')
  .implement({
    needs: 'organization:write',
    description: 'The connection after a change.',
    fields: (t) => ({
      connection: t.field({ type: SsoConnection, resolve: ({ connection }) => connection }),
    }),
  })
const TestSsoConnectionPayload = builder
  .objectRef<{ problems: string[] }>('TestSsoConnectionPayload')
  .implement({
    needs: 'organization:write',
    description: 'What a test has found.',
    fields: (t) => ({
      isFit: t.boolean({
        description: 'Whether nothing is wrong.',
        resolve: ({ problems }) => problems.length === 0,
      }),
      problems: t.exposeStringList('problems'),
    }),
  })
const RemoveSsoConnectionPayload = builder
  .objectRef<{ isRemoved: boolean }>('RemoveSsoConnectionPayload')
  .implement({
    needs: 'organization:write',
    description: 'That there is no single sign-on any more.',
    fields: (t) => ({ isRemoved: t.exposeBoolean('isRemoved') }),
  })

builder.mutationFields((t) => ({
  setSsoConnection: t.field({
    type: SetSsoConnectionPayload,
    description: 'Makes or changes the organization’s single sign-on.',
    authScopes: { permission: 'organization:write' },
    args: { input: t.arg({ type: SetSsoConnectionInput, required: true }) },
    resolve: async (_root, { input }, { tenant, viewer, sealing }) => {
      const { after } = await tenant((trx) => connections.set({ trx, sealing }, signedIn(viewer), input))
      return { connection: after }
    },
  }),
  testSsoConnection: t.field({
    type: TestSsoConnectionPayload,
    description: 'Asks the provider what it offers, and says what is wrong.',
    authScopes: { permission: 'organization:write' },
    resolve: async (_root, _args, context) => {
      const connection = await context.tenant(connections.find)
      if (!connection) throw notFound('Connection')
      return { problems: await problems(context, connection) }
    },
  }),
  removeSsoConnection: t.field({
    type: RemoveSsoConnectionPayload,
    description: 'Ends single sign-on, and the sessions that it opened.',
    authScopes: { permission: 'organization:write' },
    resolve: async (_root, _args, { tenant, viewer }) => {
      await tenant((trx) => connections.remove(trx, signedIn(viewer)))
      return { isRemoved: true }
    },
  }),
}))

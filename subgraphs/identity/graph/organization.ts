import { reference } from '#kit/builder.ts'
import type { Context } from '#kit/context.ts'
import { listOf, one } from '#kit/lookup.ts'
import { signedIn } from '#kit/viewer.ts'
import * as organizations from '../model/organization.ts'
import { read, type Settings } from '../model/settings.ts'
import type { OrganizationRow, Tables } from '../tables.ts'
import { builder, lists } from './builder.ts'

export const Organization = builder.objectRef<OrganizationRow>('Organization')

const find = (context: Context<Tables>, id: string) => one(context, 'organization', id, organizations.find)

const OrganizationSettings = builder.objectRef<Settings>('OrganizationSettings').implement({
  needs: 'inherited',
  description: 'What an organization decides for itself.',
  fields: (t) => ({
    sessionIdleMinutes: t.exposeInt('sessionIdleMinutes', {
      description: 'How long a session may be left alone before it ends.',
    }),
    auditRetentionDays: t.exposeInt('auditRetentionDays', {
      description: 'How old entries of the audit trail become before they are taken away.',
    }),
    requireSecondFactor: t.exposeBoolean('requireSecondFactor', {
      description: 'Whether members need a second factor: who has none sets one up before coming in.',
    }),
    allowedOrigins: t.exposeStringList('allowedOrigins', {
      description: 'The origins whose pages may read what the API answers to members and keys.',
    }),
  }),
})

Organization.implement({
  needs: 'organization:read',
  description: 'A tenant: everything else belongs to exactly one, and nobody sees past their own.',
  fields: (t) => ({
    id: t.exposeID('id'),
    name: t.exposeString('name'),
    slug: t.exposeString('slug', { description: 'A short name, unique in the platform.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime' }),
    settings: t.field({ type: OrganizationSettings, resolve: ({ settings }) => read(settings) }),
    version: t.exposeInt('version', { description: 'Rises with each change by somebody.' }),
  }),
})
builder.asEntity(Organization, {
  key: builder.selection<{ id: string }>('id'),
  resolveReference: reference('organization:read', find),
})

const OrganizationConnection = lists.connection(Organization)
const OrganizationFilter = builder.inputType('OrganizationFilter', {
  description: 'Which organizations to list.',
  fields: (t) => ({ search: t.string({ description: 'Part of the name or the slug.' }) }),
})
const listArgs = lists.args(OrganizationFilter, lists.order('Organization', organizations.spec))

builder.queryFields((t) => ({
  organization: t.field({
    type: Organization,
    nullable: true,
    description: 'One organization, or null.',
    authScopes: { permission: 'organization:read' },
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, { id }, context) => find(context, id),
  }),
  organizations: t.field({
    type: OrganizationConnection,
    description: 'The organizations that the viewer may see.',
    authScopes: { permission: 'organization:read' },
    args: listArgs,
    listSize: lists.size,
    resolve: (_root, args, context) => listOf(context, organizations.spec, args),
  }),
}))

const OrganizationSettingsInput = builder.inputType('OrganizationSettingsInput', {
  description: 'Settings to change; what is left out stays.',
  fields: (t) => ({
    sessionIdleMinutes: t.int({ description: 'From 10 to 1440.' }),
    auditRetentionDays: t.int({ description: 'From 90 to 3650.' }),
    requireSecondFactor: t.boolean({
      description:
        'Refuses with CONFLICT who has none of their own. Ends the sessions of members who have none.',
    }),
    allowedOrigins: t.stringList({
      description:
        'At most 20, as browsers write them, such as `https://dashboards.example`; `http` for localhost only.',
    }),
  }),
})
const UpdateOrganizationInput = builder.inputType('UpdateOrganizationInput', {
  description: 'What to change of one’s organization; what is left out stays.',
  fields: (t) => ({
    id: t.id({ required: true }),
    name: t.string(),
    settings: t.field({ type: OrganizationSettingsInput }),
    expectedVersion: t.int({ description: 'Refuses with CONFLICT when the version is another one by now.' }),
  }),
})
const UpdateOrganizationPayload = builder
  .objectRef<{ organization: OrganizationRow }>('UpdateOrganizationPayload')
  .implement({
    needs: 'inherited',
    description: 'An organization after a change.',
    fields: (t) => ({
      organization: t.field({ type: Organization, resolve: ({ organization }) => organization }),
    }),
  })

builder.mutationField('updateOrganization', (t) =>
  t.field({
    type: UpdateOrganizationPayload,
    description: 'Changes the name or the settings of one’s organization.',
    authScopes: { permission: 'organization:write' },
    args: { input: t.arg({ type: UpdateOrganizationInput, required: true }) },
    resolve: async (_root, { input }, { tenant, viewer }) => ({
      organization: await tenant((trx) => organizations.update(trx, signedIn(viewer), input)),
    }),
  }),
)

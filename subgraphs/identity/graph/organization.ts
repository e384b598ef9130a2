import { reference } from '#kit/builder.ts'
import type { Context } from '#kit/context.ts'
import { listOf, one } from '#kit/lookup.ts'
import * as organizations from '../model/organization.ts'
import type { OrganizationRow, Tables } from '../tables.ts'
import { builder, lists } from './builder.ts'

export const Organization = builder.objectRef<OrganizationRow>('Organization')

const find = (context: Context<Tables>, id: string) => one(context, 'organization', id, organizations.find)

Organization.implement({
  description: 'A tenant: everything else belongs to exactly one, and nobody sees past their own.',
  fields: (t) => ({
    id: t.exposeID('id'),
    name: t.exposeString('name'),
    slug: t.exposeString('slug', { description: 'A short name, unique in the platform.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime' }),
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
    resolve: (_root, args, context) => listOf(context, organizations.spec, args),
  }),
}))

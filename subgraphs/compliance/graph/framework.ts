import { reference } from '#kit/builder.ts'
import type { Context } from '#kit/context.ts'
import { listOf, one } from '#kit/lookup.ts'
import * as frameworks from '../model/framework.ts'
import type { FrameworkRow, Tables } from '../tables.ts'
import { builder, lists } from './builder.ts'

export const Framework = builder.objectRef<FrameworkRow>('Framework')

export const findFramework = (context: Context<Tables>, id: string) =>
  one(context, 'framework', id, frameworks.find)

Framework.implement({
  needs: 'compliance:read',
  description: 'A catalogue of controls, in one version.',
  fields: (t) => ({
    id: t.exposeID('id'),
    name: t.exposeString('name'),
    version: t.exposeString('version'),
    catalogUri: t.exposeString('catalogUri', { nullable: true, description: 'Where it is published.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime' }),
  }),
})
builder.asEntity(Framework, {
  key: builder.selection<{ id: string }>('id'),
  resolveReference: reference('compliance:read', findFramework),
})

const FrameworkConnection = lists.connection(Framework)
const FrameworkFilter = builder.inputType('FrameworkFilter', {
  description: 'Which frameworks to list.',
  fields: (t) => ({ search: t.string({ description: 'Part of the name.' }) }),
})
const listArgs = lists.args(FrameworkFilter, lists.order('Framework', frameworks.spec))

builder.queryFields((t) => ({
  framework: t.field({
    type: Framework,
    nullable: true,
    description: 'One framework, or null.',
    authScopes: { permission: 'compliance:read' },
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, { id }, context) => findFramework(context, id),
  }),
  frameworks: t.field({
    type: FrameworkConnection,
    description: 'The frameworks that posture can be measured against.',
    authScopes: { permission: 'compliance:read' },
    args: listArgs,
    listSize: lists.size,
    resolve: (_root, args, context) => listOf(context, frameworks.spec, args),
  }),
}))

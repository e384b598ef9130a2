import { reference } from '#kit/builder.ts'
import type { Context } from '#kit/context.ts'
import { listOf, listPer, one } from '#kit/lookup.ts'
import * as controls from '../model/control.ts'
import type { ControlRow, Tables } from '../tables.ts'
import { builder, lists } from './builder.ts'
import { Framework, findFramework } from './framework.ts'

export const Control = builder.objectRef<ControlRow>('Control')

const find = (context: Context<Tables>, id: string) => one(context, 'control', id, controls.find)

Control.implement({
  needs: 'compliance:read',
  description: 'One thing that a framework asks for.',
  fields: (t) => ({
    id: t.exposeID('id'),
    code: t.exposeString('code', { description: 'Its id in the catalogue.' }),
    title: t.exposeString('title'),
    section: t.exposeString('section', { description: 'The heading that it stands under.' }),
    framework: t.field({
      type: Framework,
      nullable: true,
      resolve: (control, _args, context) => findFramework(context, control.frameworkId),
    }),
    parent: t.field({
      type: Control,
      nullable: true,
      description: 'The category that it belongs to; null for a category.',
      resolve: (control, _args, context) => (control.parentId ? find(context, control.parentId) : null),
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime' }),
  }),
})
builder.asEntity(Control, {
  key: builder.selection<{ id: string }>('id'),
  resolveReference: reference('compliance:read', find),
})

const ControlConnection = lists.connection(Control)
const ControlFilter = builder.inputType('ControlFilter', {
  description: 'Which controls to list.',
  fields: (t) => ({
    frameworkId: t.idList(),
    search: t.string({ description: 'Part of the code or the title.' }),
  }),
})
const listArgs = lists.args(ControlFilter, lists.order('Control', controls.spec))

builder.queryFields((t) => ({
  control: t.field({
    type: Control,
    nullable: true,
    description: 'One control, or null.',
    authScopes: { permission: 'compliance:read' },
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, { id }, context) => find(context, id),
  }),
  controls: t.field({
    type: ControlConnection,
    description: 'The controls of all frameworks, by code.',
    authScopes: { permission: 'compliance:read' },
    args: listArgs,
    listSize: lists.size,
    resolve: (_root, args, context) => listOf(context, controls.spec, args),
  }),
}))

builder.objectField(Framework, 'controls', (t) =>
  t.field({
    type: ControlConnection,
    nullable: true,
    description: 'The controls of this framework, by code.',
    args: listArgs,
    listSize: lists.size,
    resolve: (framework, args, context) => listPer(context, controls.spec, 'frameworkId', framework.id, args),
  }),
)

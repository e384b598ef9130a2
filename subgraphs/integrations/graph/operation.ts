import { reference } from '#kit/builder.ts'
import type { Context } from '#kit/context.ts'
import { listOf, one } from '#kit/lookup.ts'
import type { OperationRow } from '#kit/operation.ts'
import { to } from '#kit/refs.ts'
import * as operations from '../model/operation.ts'
import type { Tables } from '../tables.ts'
import { builder, lists } from './builder.ts'
import { User } from './refs.ts'

export const Operation = builder.objectRef<OperationRow>('Operation')

const OperationStatus = lists.operationStatus()

export const find = (context: Context<Tables>, id: string) => one(context, 'operation', id, operations.find)

Operation.implement({
  needs: 'integrations:read',
  description: 'Something that takes longer than a request: how far it is, and how it ended.',
  fields: (t) => ({
    id: t.exposeID('id'),
    kind: t.exposeString('kind', { description: 'What is done, such as generate-report.' }),
    status: t.field({ type: OperationStatus, resolve: (operation) => operation.status }),
    done: t.exposeInt('done', { description: 'What is done of `total`; a new attempt begins at 0.' }),
    total: t.exposeInt('total', { nullable: true, description: 'Null while nobody knows.' }),
    errorCode: t.exposeString('errorCode', { nullable: true, description: 'Why it failed, for programs.' }),
    errorMessage: t.exposeString('errorMessage', {
      nullable: true,
      description: 'Why it failed, for people.',
    }),
    requestedBy: t.field({ type: User, nullable: true, resolve: (operation) => to(operation.requestedBy) }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    startedAt: t.expose('startedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the first attempt began.',
    }),
    finishedAt: t.expose('finishedAt', { type: 'DateTime', nullable: true }),
  }),
})
builder.asEntity(Operation, {
  key: builder.selection<{ id: string }>('id'),
  resolveReference: reference('integrations:read', find),
})

const OperationConnection = lists.connection(Operation)
const OperationFilter = builder.inputType('OperationFilter', {
  description: 'Which operations to list.',
  fields: (t) => ({
    status: t.field({ type: [OperationStatus] }),
    kind: t.stringList(),
    createdAt: t.field({ type: lists.timeRange }),
  }),
})
const listArgs = lists.args(OperationFilter, lists.order('Operation', operations.spec))

builder.queryFields((t) => ({
  operation: t.field({
    type: Operation,
    nullable: true,
    description: 'One operation, or null.',
    authScopes: { permission: 'integrations:read' },
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, { id }, context) => find(context, id),
  }),
  operations: t.field({
    type: OperationConnection,
    description: 'The operations of the organization, newest first.',
    authScopes: { permission: 'integrations:read' },
    args: listArgs,
    listSize: lists.size,
    resolve: (_root, args, context) => listOf(context, operations.spec, args),
  }),
}))

const CancelOperationInput = builder.inputType('CancelOperationInput', {
  description: 'What shall not go on.',
  fields: (t) => ({ id: t.id({ required: true }) }),
})
const CancelOperationPayload = builder.objectRef<OperationRow>('CancelOperationPayload').implement({
  needs: 'inherited',
  description: 'The operation that goes on no more.',
  fields: (t) => ({
    operation: t.field({ type: Operation, needs: 'integrations:write', resolve: (operation) => operation }),
  }),
})

builder.mutationField('cancelOperation', (t) =>
  t.field({
    type: CancelOperationPayload,
    description:
      'Ends what waits or is being done: it becomes CANCELLED, and is let go of within seconds. What it has done by ' +
      'then stays. What has ended, or is about to, is refused.',
    authScopes: { permission: 'integrations:write' },
    args: { input: t.arg({ type: CancelOperationInput, required: true }) },
    resolve: (_root, { input }, context) => operations.cancel(context, input.id),
  }),
)

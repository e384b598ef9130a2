import type { Context } from '#kit/context.ts'
import { notFound } from '#kit/errors.ts'
import { listPer, one } from '#kit/lookup.ts'
import { to } from '#kit/refs.ts'
import { may, signedIn } from '#kit/viewer.ts'
import * as comments from '../model/comment.ts'
import type { CommentRow, Tables } from '../tables.ts'
import { Alert, find as findAlert } from './alert.ts'
import { builder, lists } from './builder.ts'
import { tell } from './changed.ts'
import { expectedVersion } from './payload.ts'
import { User } from './refs.ts'
import { mayChange } from './transition.ts'

export const Comment = builder.objectRef<CommentRow>('Comment')

export const find = (context: Context<Tables>, id: string) => one(context, 'comment', id, comments.find)

Comment.implement({
  needs: 'alerts:read',
  description: 'What somebody says of an alert.',
  fields: (t) => ({
    id: t.exposeID('id'),
    author: t.field({ type: User, nullable: true, resolve: (comment) => to(comment.authorId) }),
    body: t.string({
      nullable: true,
      description: 'Null for one that was removed.',
      resolve: ({ body, removedAt }) => (removedAt ? null : body),
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    editedAt: t.expose('editedAt', { type: 'DateTime', nullable: true }),
    removedAt: t.expose('removedAt', { type: 'DateTime', nullable: true }),
    removedBy: t.field({ type: User, nullable: true, resolve: (comment) => to(comment.removedBy) }),
    version: t.exposeInt('version', { description: 'Rises with each change by somebody.' }),
  }),
})

const CommentConnection = lists.connection(Comment)
const CommentFilter = builder.inputType('CommentFilter', {
  description: 'Which comments to list.',
  fields: (t) => ({ createdAt: t.field({ type: lists.timeRange }) }),
})
builder.objectField(Alert, 'comments', (t) =>
  t.field({
    type: CommentConnection,
    description: 'What people say of it, oldest first; those that were removed without their words.',
    args: lists.args(CommentFilter, lists.order('Comment', comments.spec)),
    listSize: lists.size,
    resolve: ({ id }, args, context) => listPer(context, comments.spec, 'alertId', id, args),
  }),
)

const AddCommentInput = builder.inputType('AddCommentInput', {
  description: 'What to say of an alert.',
  fields: (t) => ({
    alertId: t.id({ required: true }),
    body: t.string({ required: true, description: '1 to 10,000 characters.' }),
  }),
})
const EditCommentInput = builder.inputType('EditCommentInput', {
  description: 'What to say instead.',
  fields: (t) => ({
    id: t.id({ required: true }),
    body: t.string({ required: true }),
    expectedVersion: t.int(expectedVersion),
  }),
})
const RemoveCommentInput = builder.inputType('RemoveCommentInput', {
  description: 'The comment to remove.',
  fields: (t) => ({ id: t.id({ required: true }) }),
})
const payload = (name: string, description: string) =>
  builder.objectRef<{ comment: CommentRow }>(name).implement({
    needs: 'inherited',
    description,
    fields: (t) => ({ comment: t.field({ type: Comment, resolve: ({ comment }) => comment }) }),
  })
const AddCommentPayload = payload('AddCommentPayload', 'A comment that was added.')
const EditCommentPayload = payload('EditCommentPayload', 'A comment in other words.')
const RemoveCommentPayload = payload('RemoveCommentPayload', 'What is left of a comment.')

function whoOf(context: Context<Tables>) {
  const { organizationId, userId } = signedIn(context.viewer)
  return { organizationId, by: userId, at: context.clock() }
}

/** The alert of a comment, if the viewer may write there. Throws NOT_FOUND and FORBIDDEN. */
async function mayChangeAlertOf(context: Context<Tables>, id: string): Promise<string> {
  const comment = await find(context, id)
  const alert = comment && (await findAlert(context, comment.alertId))
  if (!alert) throw notFound('Comment')
  await context.permits('alerts:write', [alert.assetId])
  return alert.id
}

const authScopes = { permissionOn: 'alerts:write' } as const

builder.mutationFields((t) => ({
  addComment: t.field({
    type: AddCommentPayload,
    description: 'Says something of an alert.',
    authScopes,
    args: { input: t.arg({ type: AddCommentInput, required: true }) },
    resolve: async (_root, { input: { alertId, body } }, context) => {
      const { id } = await mayChange(context, alertId)
      const comment = await context.tenant((trx) => comments.add(trx, whoOf(context), id, body))
      await tell(context, 'updated', [id])
      return { comment }
    },
  }),
  editComment: t.field({
    type: EditCommentPayload,
    description: 'Says it in other words, for who said it.',
    authScopes,
    args: { input: t.arg({ type: EditCommentInput, required: true }) },
    resolve: async (_root, { input }, context) => {
      const alertId = await mayChangeAlertOf(context, input.id)
      const comment = await context.tenant((trx) => comments.edit(trx, whoOf(context), input))
      await tell(context, 'updated', [alertId])
      return { comment }
    },
  }),
  removeComment: t.field({
    type: RemoveCommentPayload,
    description:
      'Removes the words of a comment, for who wrote it and who manages members; that there was one stays.',
    authScopes,
    args: { input: t.arg({ type: RemoveCommentInput, required: true }) },
    resolve: async (_root, { input: { id } }, context) => {
      const alertId = await mayChangeAlertOf(context, id)
      const manages = may(context.viewer, 'users:write')
      const comment = await context.tenant((trx) => comments.remove(trx, whoOf(context), id, manages))
      await tell(context, 'updated', [alertId])
      return { comment }
    },
  }),
}))

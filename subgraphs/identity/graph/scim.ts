import type { Context } from '#kit/context.ts'
import type { Trx } from '#kit/database.ts'
import { type Member, signedIn } from '#kit/viewer.ts'
import * as groups from '../model/scim-group.ts'
import * as groupLists from '../model/scim-group-list.ts'
import type { ScimPage, ScimQuestion } from '../model/scim-page.ts'
import type { Resource } from '../model/scim-resource.ts'
import * as people from '../model/scim-user.ts'
import * as lists from '../model/scim-user-list.ts'
import type { ScimGroupRow, Tables } from '../tables.ts'
import { builder } from './builder.ts'

type Change = { trx: Trx<Tables>; by: Member; baseUrl: string }
type Shown = Resource | null
type Ids = { id: string; expectedVersion?: number | null | undefined }

const userOf = async ({ trx, baseUrl }: Change, found: Promise<lists.Provisioned | null>): Promise<Shown> => {
  const provisioned = await found
  return provisioned && lists.resourceOf(trx, provisioned, baseUrl)
}
const groupOf = async ({ trx, baseUrl }: Change, found: Promise<ScimGroupRow | null>): Promise<Shown> => {
  const group = await found
  return group && (await groupLists.resourcesOf(trx, [group], { baseUrl, withMembers: true }))[0]!
}

const within = <Result>(
  context: Context<Tables>,
  work: (change: Change) => Promise<Result>,
): Promise<Result> =>
  context.tenant((trx) => work({ trx, by: signedIn(context.viewer), baseUrl: new URL(context.publicUrl()).origin }))

const ScimKind = builder.enumType('ScimKind', {
  description: 'What an identity provider provisions.',
  values: { USER: { value: 'user' }, GROUP: { value: 'group' } } as const,
})
const ScimList = builder.objectRef<ScimPage>('ScimList').implement({
  needs: 'users:write',
  description: 'A part of a list, as SCIM 2.0 writes it (RFC 7644).',
  fields: (t) => ({
    totalResults: t.exposeInt('totalResults'),
    resources: t.field({ type: ['JSON'], resolve: ({ resources }) => resources }),
  }),
})
const description = {
  expectedVersion: 'Refuses with CONFLICT when the version is another one by now.',
  resource: 'As SCIM 2.0 writes it (RFC 7643).',
}

builder.queryFields((t) => ({
  scimList: t.field({
    type: ScimList,
    description: 'Members or groups for an identity provider, which asks by `/scim/v2`.',
    authScopes: { permission: 'users:write' },
    args: {
      kind: t.arg({ type: ScimKind, required: true }),
      filter: t.arg.string({ description: 'As in RFC 7644, 3.4.2.2.' }),
      startIndex: t.arg.int({ required: true, defaultValue: 1, description: 'Counted from 1.' }),
      count: t.arg.int({ required: true, defaultValue: 100, description: 'At most 200.' }),
      withMembers: t.arg.boolean({
        ...{ required: true, defaultValue: true },
        description: 'Whether groups tell who is in them.',
      }),
    },
    resolve: (_root, { kind, withMembers, ...asked }, context) =>
      within(context, ({ trx, baseUrl }) =>
        kind === 'user'
          ? lists.list(trx, asked satisfies ScimQuestion, baseUrl)
          : groupLists.list(trx, asked, { baseUrl, withMembers }),
      ),
  }),
  scimResource: t.field({
    type: 'JSON',
    nullable: true,
    description: 'A member or a group for an identity provider, or null.',
    authScopes: { permission: 'users:write' },
    args: { kind: t.arg({ type: ScimKind, required: true }), id: t.arg.id({ required: true }) },
    resolve: (_root, { kind, id }, context) =>
      within(context, (change) =>
        kind === 'user'
          ? userOf(change, lists.find(change.trx, id))
          : groupOf(change, groupLists.find(change.trx, id)),
      ),
  }),
}))

const ScimPayload = builder.objectRef<{ resource: Shown }>('ScimPayload').implement({
  needs: 'users:write',
  description: 'A member or a group after a change.',
  fields: (t) => ({
    resource: t.field({
      type: 'JSON',
      nullable: true,
      description: `${description.resource} Null once it is removed.`,
      resolve: ({ resource }) => resource,
    }),
  }),
})
const CreateScimInput = builder.inputType('CreateScimInput', {
  description: 'What an identity provider adds.',
  fields: (t) => ({
    resource: t.field({ type: 'JSON', required: true, description: description.resource }),
  }),
})
const ReplaceScimInput = builder.inputType('ReplaceScimInput', {
  description: 'What an identity provider puts in the place of what it had said before.',
  fields: (t) => ({
    id: t.id({ required: true }),
    resource: t.field({ type: 'JSON', required: true, description: description.resource }),
    expectedVersion: t.int({ description: description.expectedVersion }),
  }),
})
const PatchScimInput = builder.inputType('PatchScimInput', {
  description: 'What an identity provider changes.',
  fields: (t) => ({
    id: t.id({ required: true }),
    operations: t.field({ type: 'JSON', required: true, description: 'As in RFC 7644, 3.5.2.' }),
    expectedVersion: t.int({ description: description.expectedVersion }),
  }),
})
const RemoveScimInput = builder.inputType('RemoveScimInput', {
  description: 'What an identity provider knows no more.',
  fields: (t) => ({ id: t.id({ required: true }) }),
})

/** A change that a provider asks for, and what is there afterwards. */
const carriedOut = async (context: Context<Tables>, work: (change: Change) => Promise<Shown>) => ({
  resource: await within(context, work),
})
const authScopes = { permission: 'users:write' } as const

builder.mutationFields((t) => ({
  createScimUser: t.field({
    type: ScimPayload,
    description: 'Adds a member whom the identity provider knows, or lets one come back whom it removed.',
    authScopes,
    args: { input: t.arg({ type: CreateScimInput, required: true }) },
    resolve: (_root, { input }, context) =>
      carriedOut(context, (change) => userOf(change, people.create(change.trx, change.by, input.resource))),
  }),
  replaceScimUser: t.field({
    type: ScimPayload,
    description:
      'Makes a member what the provider says. One who is not active has no sessions and comes in by no way.',
    authScopes,
    args: { input: t.arg({ type: ReplaceScimInput, required: true }) },
    resolve: (_root, { input }, context) =>
      carriedOut(context, (change) =>
        userOf(change, people.replace(change.trx, change.by, input as Ids & { resource: unknown })),
      ),
  }),
  patchScimUser: t.field({
    type: ScimPayload,
    description: 'Changes a part of a member.',
    authScopes,
    args: { input: t.arg({ type: PatchScimInput, required: true }) },
    resolve: (_root, { input }, context) =>
      carriedOut(context, (change) => {
        const { baseUrl, trx, by } = change
        return userOf(change, people.patch(trx, by, { ...(input as Ids & { operations: unknown }), baseUrl }))
      }),
  }),
  removeScimUser: t.field({
    type: ScimPayload,
    description: 'Disables a member, whom the provider sees no more. What they did keeps its name.',
    authScopes,
    args: { input: t.arg({ type: RemoveScimInput, required: true }) },
    resolve: (_root, { input }, context) =>
      carriedOut(context, async ({ trx, by }) => {
        await people.remove(trx, by, input.id)
        return null
      }),
  }),
  createScimGroup: t.field({
    type: ScimPayload,
    description:
      'Adds a group, which gives a role where the organization’s single sign-on maps its name to one.',
    authScopes,
    args: { input: t.arg({ type: CreateScimInput, required: true }) },
    resolve: (_root, { input }, context) =>
      carriedOut(context, (change) => groupOf(change, groups.create(change.trx, change.by, input.resource))),
  }),
  replaceScimGroup: t.field({
    type: ScimPayload,
    description: 'Makes a group what the provider says, its members included.',
    authScopes,
    args: { input: t.arg({ type: ReplaceScimInput, required: true }) },
    resolve: (_root, { input }, context) =>
      carriedOut(context, (change) =>
        groupOf(change, groups.replace(change.trx, change.by, input as Ids & { resource: unknown })),
      ),
  }),
  patchScimGroup: t.field({
    type: ScimPayload,
    description: 'Changes a part of a group.',
    authScopes,
    args: { input: t.arg({ type: PatchScimInput, required: true }) },
    resolve: (_root, { input }, context) =>
      carriedOut(context, (change) =>
        groupOf(change, groups.patch(change.trx, change.by, input as Ids & { operations: unknown })),
      ),
  }),
  removeScimGroup: t.field({
    type: ScimPayload,
    description: 'Ends a group, and the roles that it gave.',
    authScopes,
    args: { input: t.arg({ type: RemoveScimInput, required: true }) },
    resolve: (_root, { input }, context) =>
      carriedOut(context, async ({ trx, by }) => {
        await groups.remove(trx, by, input.id)
        return null
      }),
  }),
}))

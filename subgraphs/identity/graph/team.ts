import { reference } from '#kit/builder.ts'
import type { Context } from '#kit/context.ts'
import { load } from '#kit/loader.ts'
import { listOf, one } from '#kit/lookup.ts'
import { signedIn } from '#kit/viewer.ts'
import * as teams from '../model/team.ts'
import type { Tables, TeamRow } from '../tables.ts'
import { builder, lists } from './builder.ts'
import { User } from './user.ts'

export const Team = builder.objectRef<TeamRow>('Team')

export const find = (context: Context<Tables>, id: string) => one(context, 'team', id, teams.find)

Team.implement({
  needs: 'users:read',
  description: 'Members who are granted things together.',
  fields: (t) => ({
    id: t.exposeID('id'),
    name: t.exposeString('name'),
    members: t.field({
      type: [User],
      description: 'By their e-mails; at most 1000.',
      authScopes: { permission: 'users:read' },
      resolve: async ({ id }, _args, context) => {
        const batch = (ids: readonly string[]) => context.tenant((trx) => teams.members(trx, ids))
        return (await load(context.loaders, 'teamMembers', id, batch)) ?? []
      },
    }),
    disabledAt: t.expose('disabledAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Since when it is no more; null for a team that is there.',
    }),
    version: t.exposeInt('version', { description: 'Rises with each change by somebody.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime' }),
  }),
})
builder.asEntity(Team, {
  key: builder.selection<{ id: string }>('id'),
  resolveReference: reference('users:read', find),
})

const TeamConnection = lists.connection(Team)
const TeamFilter = builder.inputType('TeamFilter', {
  description: 'Which teams to list.',
  fields: (t) => ({ search: t.string({ description: 'Part of the name.' }) }),
})
const listArgs = lists.args(TeamFilter, lists.order('Team', teams.spec))

builder.queryFields((t) => ({
  team: t.field({
    type: Team,
    nullable: true,
    description: 'One team, or null.',
    authScopes: { permission: 'users:read' },
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, { id }, context) => find(context, id),
  }),
  teams: t.field({
    type: TeamConnection,
    description: 'The teams of the organization, those that are no more too.',
    authScopes: { permission: 'users:read' },
    args: listArgs,
    listSize: lists.size,
    resolve: (_root, args, context) => listOf(context, teams.spec, args),
  }),
}))

const CreateTeamInput = builder.inputType('CreateTeamInput', {
  description: 'A team to make.',
  fields: (t) => ({ name: t.string({ required: true }) }),
})
const UpdateTeamInput = builder.inputType('UpdateTeamInput', {
  description: 'What to call a team.',
  fields: (t) => ({
    id: t.id({ required: true }),
    name: t.string({ required: true }),
    expectedVersion: t.int({ description: 'Refuses with CONFLICT when the version is another one by now.' }),
  }),
})
const DisableTeamInput = builder.inputType('DisableTeamInput', {
  description: 'The team to take away.',
  fields: (t) => ({ id: t.id({ required: true }) }),
})
const AddTeamMemberInput = builder.inputType('AddTeamMemberInput', {
  description: 'Who joins which team.',
  fields: (t) => ({ teamId: t.id({ required: true }), userId: t.id({ required: true }) }),
})
const RemoveTeamMemberInput = builder.inputType('RemoveTeamMemberInput', {
  description: 'Who leaves which team.',
  fields: (t) => ({ teamId: t.id({ required: true }), userId: t.id({ required: true }) }),
})
const payload = (name: string, description: string) =>
  builder.objectRef<{ team: TeamRow }>(name).implement({
    needs: 'inherited',
    description,
    fields: (t) => ({ team: t.field({ type: Team, resolve: ({ team }) => team }) }),
  })
const CreateTeamPayload = payload('CreateTeamPayload', 'A team that was made.')
const UpdateTeamPayload = payload('UpdateTeamPayload', 'A team after a change.')
const DisableTeamPayload = payload('DisableTeamPayload', 'A team that is no more.')
const AddTeamMemberPayload = payload('AddTeamMemberPayload', 'A team that somebody has joined.')
const RemoveTeamMemberPayload = payload('RemoveTeamMemberPayload', 'A team that somebody has left.')

builder.mutationFields((t) => ({
  createTeam: t.field({
    type: CreateTeamPayload,
    description: 'Makes a team, with nobody in it.',
    authScopes: { permission: 'users:write' },
    args: { input: t.arg({ type: CreateTeamInput, required: true }) },
    resolve: async (_root, { input }, { tenant, viewer }) => ({
      team: await tenant((trx) => teams.create(trx, signedIn(viewer), input.name)),
    }),
  }),
  updateTeam: t.field({
    type: UpdateTeamPayload,
    description: 'Gives a team another name.',
    authScopes: { permission: 'users:write' },
    args: { input: t.arg({ type: UpdateTeamInput, required: true }) },
    resolve: async (_root, { input }, { tenant, viewer }) => ({
      team: await tenant((trx) => teams.update(trx, signedIn(viewer), input)),
    }),
  }),
  disableTeam: t.field({
    type: DisableTeamPayload,
    description: 'Takes a team away; what it was granted ends within a second.',
    authScopes: { permission: 'users:write' },
    args: { input: t.arg({ type: DisableTeamInput, required: true }) },
    resolve: async (_root, { input }, { tenant, viewer }) => ({
      team: await tenant((trx) => teams.disable(trx, signedIn(viewer), input.id)),
    }),
  }),
  addTeamMember: t.field({
    type: AddTeamMemberPayload,
    description: 'Lets a member join a team, for who may do all that the team was granted.',
    authScopes: { permission: 'users:write' },
    args: { input: t.arg({ type: AddTeamMemberInput, required: true }) },
    resolve: async (_root, { input }, { tenant, viewer }) => ({
      team: await tenant((trx) => teams.addMember(trx, signedIn(viewer), input)),
    }),
  }),
  removeTeamMember: t.field({
    type: RemoveTeamMemberPayload,
    description: 'Takes a member out of a team; what it was granted they lose within a second.',
    authScopes: { permission: 'users:write' },
    args: { input: t.arg({ type: RemoveTeamMemberInput, required: true }) },
    resolve: async (_root, { input }, { tenant, viewer }) => ({
      team: await tenant((trx) => teams.removeMember(trx, signedIn(viewer), input)),
    }),
  }),
}))

import type { GraphQLSchema } from 'graphql'
import { z } from 'zod'
import type { Permission } from '#kit/viewer.ts'
import { list, type Noun, one } from './list.ts'
import { type Fields, type Route, route } from './route.ts'

const team: Noun = {
  type: 'Team',
  one: 'team',
  many: 'teams',
  needs: 'users:read',
  item: 'id name disabledAt version createdAt updatedAt',
  filters: ['search'],
}
const grant: Noun = {
  type: 'Grant',
  one: 'grant',
  many: 'grants',
  needs: 'users:read',
  item: `id user { id } team { id } role tag assetGroup { id } grantedBy { id } permissions
    createdAt expiresAt revokedAt`,
  filters: ['userId', 'teamId', 'tag', 'assetGroupId'],
}
const invitation: Noun = {
  type: 'Invitation',
  one: 'invitation',
  many: 'invitations',
  needs: 'users:write',
  item: 'id email role state invitedBy { id } acceptedBy { id } createdAt expiresAt acceptedAt revokedAt',
  filters: ['search'],
}
const assetGroup: Noun = {
  type: 'AssetGroup',
  one: 'assetGroup',
  many: 'assetGroups',
  needs: 'assets:read',
  item: 'id name assetCount rule version createdAt updatedAt',
  filters: ['search'],
}
const member = 'id email name role disabledAt'

const byId = z.object({ id: z.string() })
const text = z.string('Must be given')
const id = z.string().max(100)
const version = z.int('Must be a number').optional()
const upper = (name: string) => name.toUpperCase()
const roleOf = (names: readonly [string, ...string[]]) =>
  z.enum(names, `Must be one of ${names.join(', ')}`).transform(upper)

/** A mutation that answers one noun under its own name. */
function change<Params, Body>(
  noun: Noun,
  name: string,
  row: Pick<Route<Params, unknown, Body>, 'method' | 'path' | 'params' | 'body' | 'status'> & {
    needs: Permission
    input(params: Params, body: Body): Fields
  },
): Route {
  const type = `${name[0]!.toUpperCase()}${name.slice(1)}`
  const { input, ...of } = row
  const field = noun.one.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
  return route<Params, unknown, Body>({
    ...of,
    operation: `mutation ${type}($input: ${type}Input!) { ${name}(input: $input) { ${noun.one} { ${noun.item} } } }`,
    variables: ({ params, body }) => ({ input: input(params, body) }),
    data: (answer) => (answer[name] as Fields)[field],
  })
}

const teams = (graph: GraphQLSchema): Route[] => [
  list(graph, team, '/teams'),
  one(team, '/teams/:id'),
  change(team, 'createTeam', {
    needs: 'users:write',
    method: 'POST',
    path: '/teams',
    status: 201,
    body: z.strictObject({ name: text }),
    input: (_params, { name }) => ({ name }),
  }),
  change(team, 'updateTeam', {
    needs: 'users:write',
    method: 'PUT',
    path: '/teams/:id',
    params: byId,
    body: z.strictObject({ name: text, version }),
    input: ({ id }, { name, version }) => ({ id, name, ...(version && { expectedVersion: version }) }),
  }),
  change(team, 'disableTeam', {
    needs: 'users:write',
    method: 'DELETE',
    path: '/teams/:id',
    params: byId,
    input: ({ id }) => ({ id }),
  }),
  route({
    method: 'GET',
    path: '/teams/:id/members',
    needs: 'users:read',
    noun: 'Team',
    operation: `query TeamMembers($id: ID!) { team(id: $id) { members { ${member} } } }`,
    params: byId,
    variables: ({ params: { id } }) => ({ id }),
    data: ({ team }) => team && { items: (team as Fields).members },
  }),
  change(team, 'addTeamMember', {
    needs: 'users:write',
    method: 'POST',
    path: '/teams/:id/members',
    params: byId,
    body: z.strictObject({ user_id: id }),
    input: ({ id }, { user_id }) => ({ teamId: id, userId: user_id }),
  }),
  change(team, 'removeTeamMember', {
    needs: 'users:write',
    method: 'DELETE',
    path: '/teams/:id/members/:user',
    params: z.object({ id: z.string(), user: z.string() }),
    input: ({ id, user }) => ({ teamId: id, userId: user }),
  }),
]

const grants = (graph: GraphQLSchema): Route[] => [
  list(graph, grant, '/grants'),
  one(grant, '/grants/:id'),
  change(grant, 'createGrant', {
    needs: 'users:write',
    method: 'POST',
    path: '/grants',
    status: 201,
    body: z.strictObject({
      user_id: id.optional(),
      team_id: id.optional(),
      role: roleOf(['manager', 'analyst', 'viewer']),
      tag: z.string().max(300).optional(),
      asset_group_id: id.optional(),
      expires_at: z.iso.datetime({ offset: true, error: 'Must be a time' }).optional(),
    }),
    input: (_params, { user_id, team_id, role, tag, asset_group_id, expires_at }) => ({
      ...{ userId: user_id, teamId: team_id, role, tag },
      ...{ assetGroupId: asset_group_id, expiresAt: expires_at },
    }),
  }),
  change(grant, 'revokeGrant', {
    needs: 'users:write',
    method: 'DELETE',
    path: '/grants/:id',
    params: byId,
    input: ({ id }) => ({ id }),
  }),
]

const invitations = (graph: GraphQLSchema): Route[] => [
  list(graph, invitation, '/invitations'),
  one(invitation, '/invitations/:id'),
  route({
    method: 'POST',
    path: '/invitations',
    needs: 'users:write',
    status: 201,
    operation: `mutation CreateInvitation($input: CreateInvitationInput!) {
      createInvitation(input: $input) { token invitation { ${invitation.item} } }
    }`,
    body: z.strictObject({ email: text, role: roleOf(['admin', 'manager', 'analyst', 'viewer']) }),
    variables: ({ body }) => ({ input: body }),
    data({ createInvitation }) {
      const { token, invitation } = createInvitation as { token: string; invitation: Fields }
      return { ...invitation, token }
    },
  }),
  change(invitation, 'revokeInvitation', {
    needs: 'users:write',
    method: 'DELETE',
    path: '/invitations/:id',
    params: byId,
    input: ({ id }) => ({ id }),
  }),
  route({
    method: 'POST',
    path: '/invitations/accept',
    open: true,
    operation: `mutation AcceptInvitation($input: AcceptInvitationInput!) {
      acceptInvitation(input: $input) { email role organizationName organizationSlug passwordSet }
    }`,
    body: z.strictObject({
      token: text.min(1).max(200),
      name: text,
      password: z.string().max(1_000).optional(),
    }),
    variables: ({ body }) => ({ input: body }),
    data: ({ acceptInvitation }) => acceptInvitation,
  }),
]

const rule = z.record(z.string(), z.unknown(), 'Must be a filter of the graph')

/** What grants select assets by. */
const selectors = (graph: GraphQLSchema): Route[] => [
  list(graph, assetGroup, '/asset-groups'),
  one(assetGroup, '/asset-groups/:id'),
  change(assetGroup, 'createAssetGroup', {
    needs: 'assets:write',
    method: 'POST',
    path: '/asset-groups',
    status: 201,
    body: z.strictObject({ name: text, rule: rule.optional() }),
    input: (_params, { name, rule }) => ({ name, rule: rule ?? null }),
  }),
  change(assetGroup, 'setAssetGroupRule', {
    needs: 'assets:write',
    method: 'PUT',
    path: '/asset-groups/:id/rule',
    params: byId,
    body: z.strictObject({ rule, version }),
    input: ({ id }, { rule, version }) => ({ id, rule, expectedVersion: version ?? null }),
  }),
  change(assetGroup, 'setAssetGroupMembers', {
    needs: 'assets:write',
    method: 'PUT',
    path: '/asset-groups/:id/members',
    params: byId,
    body: z.strictObject({ asset_ids: z.array(id).max(1_000), version }),
    input: ({ id }, { asset_ids, version }) => ({
      id,
      assetIds: asset_ids,
      expectedVersion: version ?? null,
    }),
  }),
  route({
    method: 'PUT',
    path: '/assets/:id/tags',
    needs: 'assets:write',
    operation: `mutation SetAssetTags($input: SetAssetTagsInput!) {
      setAssetTags(input: $input) { asset { id name tags } }
    }`,
    params: byId,
    body: z.strictObject({ tags: z.array(z.string().max(300)).max(100), version }),
    variables: ({ params: { id }, body: { tags, version } }) => ({
      input: { assetId: id, tags, expectedVersion: version ?? null },
    }),
    data: ({ setAssetTags }) => (setAssetTags as Fields).asset,
  }),
]

export const access = (graph: GraphQLSchema): Route[] => [
  ...teams(graph),
  ...grants(graph),
  ...invitations(graph),
  ...selectors(graph),
]

/** What the doors of SCIM ask of the graph. */
const mutation = (name: string, input: string) =>
  `mutation ${name[0]!.toUpperCase()}${name.slice(1)}($input: ${input}!) { ${name}(input: $input) { resource } }`

export type Noun = 'User' | 'Group'

export const operations = {
  list: `query ScimList($kind: ScimKind!, $filter: String, $startIndex: Int!, $count: Int!, $withMembers: Boolean!) {
    scimList(kind: $kind, filter: $filter, startIndex: $startIndex, count: $count, withMembers: $withMembers) {
      totalResults resources
    }
  }`,
  find: 'query ScimResource($kind: ScimKind!, $id: ID!) { scimResource(kind: $kind, id: $id) }',
  create: {
    User: mutation('createScimUser', 'CreateScimInput'),
    Group: mutation('createScimGroup', 'CreateScimInput'),
  },
  replace: {
    User: mutation('replaceScimUser', 'ReplaceScimInput'),
    Group: mutation('replaceScimGroup', 'ReplaceScimInput'),
  },
  patch: {
    User: mutation('patchScimUser', 'PatchScimInput'),
    Group: mutation('patchScimGroup', 'PatchScimInput'),
  },
  remove: {
    User: mutation('removeScimUser', 'RemoveScimInput'),
    Group: mutation('removeScimGroup', 'RemoveScimInput'),
  },
} as const

/** All of them, to be registered. */
export const scimOperations: readonly string[] = Object.values(operations).flatMap((each) =>
  typeof each === 'string' ? [each] : Object.values(each),
)

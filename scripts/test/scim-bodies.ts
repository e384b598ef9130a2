/** What identity providers send: each in the ways of Okta and of Entra ID, which are not always those of the RFC. */
export const user = 'urn:ietf:params:scim:schemas:core:2.0:User'
export const group = 'urn:ietf:params:scim:schemas:core:2.0:Group'
export const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'
const patchOp = 'urn:ietf:params:scim:api:messages:2.0:PatchOp'

export const patch = (...Operations: object[]) => ({ schemas: [patchOp], Operations })

export const okta = {
  user: (name: string) => ({
    schemas: [user],
    userName: `${name}@acme.example`,
    name: { givenName: name, familyName: 'Okta' },
    emails: [{ primary: true, value: `${name}@acme.example`, type: 'work' }],
    displayName: `${name} Okta`,
    locale: 'en-US',
    externalId: `00u-${name}`,
    groups: [],
    password: '1mz050nq',
    active: true,
  }),
  group: (displayName: string, members: string[] = []) => ({
    schemas: [group],
    displayName,
    members: members.map((value) => ({ value, display: 'somebody' })),
  }),
  deactivate: patch({ op: 'replace', value: { active: false } }),
  activate: patch({ op: 'replace', value: { active: true } }),
  rename: (id: string, displayName: string) => patch({ op: 'replace', value: { id, displayName } }),
  addMember: (value: string) => patch({ op: 'add', path: 'members', value: [{ value, display: 'x' }] }),
  removeMember: (value: string) => patch({ op: 'remove', path: `members[value eq "${value}"]` }),
  replaceMembers: (ids: string[]) =>
    patch({ op: 'replace', path: 'members', value: ids.map((value) => ({ value })) }),
}

export const entra = {
  user: (name: string) => ({
    schemas: [user, enterprise],
    externalId: `0a21f0f2-${name}`,
    userName: `${name}@acme.example`,
    active: 'True',
    displayName: `${name} Entra`,
    emails: [{ primary: true, type: 'work', value: `${name}@acme.example` }],
    meta: { resourceType: 'User' },
    name: { formatted: `${name} Entra`, familyName: 'Entra', givenName: name },
    roles: [],
    [enterprise]: { department: 'SOC', employeeNumber: '701984' },
  }),
  group: (displayName: string) => ({
    schemas: [group, 'http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group'],
    externalId: `8aa1a0c0-${displayName}`,
    displayName,
    meta: { resourceType: 'Group' },
  }),
  deactivate: patch({ op: 'Replace', path: 'active', value: 'False' }),
  activate: patch({ op: 'Replace', path: 'active', value: 'True' }),
  deactivateOlder: patch({ op: 'Replace', path: 'active', value: [{ $ref: null, value: 'False' }] }),
  attributes: patch(
    { op: 'Replace', path: 'displayName', value: 'Renamed' },
    { op: 'Add', path: 'emails[type eq "work"].value', value: 'renamed@acme.example' },
    { op: 'Add', path: 'phoneNumbers[type eq "mobile"].value', value: '+1 555 0100' },
    { op: 'Add', path: 'name.familyName', value: 'Changed' },
    { op: 'Replace', path: `${enterprise}:department`, value: 'Incident response' },
    { op: 'Add', path: `${enterprise}:manager`, value: '9a3f' },
    { op: 'Remove', path: 'title' },
  ),
  dotted: patch({
    op: 'Add',
    value: {
      'name.givenName': 'Dotted',
      'emails[type eq "work"].value': 'dotted@acme.example',
      [`${enterprise}:costCenter`]: '42',
      active: 'True',
    },
  }),
  addMembers: (...ids: string[]) =>
    patch({ op: 'Add', path: 'members', value: ids.map((value) => ({ $ref: null, value })) }),
  removeMembers: (...ids: string[]) =>
    patch({ op: 'Remove', path: 'members', value: ids.map((value) => ({ $ref: null, value })) }),
  removeMember: (value: string) => patch({ op: 'Remove', path: `members[value eq "${value}"]` }),
  rename: (value: string) => patch({ op: 'Replace', path: 'displayName', value }),
}

/** Single sign-on, which is the organization's, and SCIM, which manages users. */
import { admins, anyone, type Expected, managers, type Row } from '../words.ts'

/** A key changes nothing of how people come in. */
const ofPeople: Row = { may: admins, key: 'no' }
const managing: Row = { may: managers, key: 'users:write' }
const open: Row = { may: anyone, key: 'any' }
export const unknownSignIn = ['Single sign-on did not succeed']

const user = 'schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"], userName: "$unused"'
const group = 'schemas: ["urn:ietf:params:scim:schemas:core:2.0:Group"], displayName: "$text"'
const operations = (path: string) => `operations: [{ op: "replace", path: "${path}", value: "$text" }]`

export const provisioning = {
  query: {
    ssoConnection: { may: admins, key: 'organization:write' },
    scimList: { ...managing, ask: '(kind: USER, startIndex: 1, count: 2, withMembers: false)' },
    scimResource: { ...managing, ask: '(kind: USER, id: "$scimUser")' },
  },
  mutation: {
    startSingleSignOn: { ...open, ask: '(input: { organization: "acme" })' },
    completeSingleSignOn: { ...open, ask: '(input: { parameters: "state=none" })', past: unknownSignIn },
    setSsoConnection: { ...ofPeople, ask: '(input: { issuer: "no address" })' },
    testSsoConnection: { may: admins, key: 'organization:write' },
    removeSsoConnection: ofPeople,
    createScimUser: { ...managing, ask: `(input: { resource: { ${user} } })` },
    replaceScimUser: { ...managing, ask: `(input: { id: "$scimUser", resource: { ${user} } })` },
    patchScimUser: { ...managing, ask: `(input: { id: "$scimUser", ${operations('displayName')} })` },
    removeScimUser: { ...managing, ask: '(input: { id: "$scimLeaver" })' },
    createScimGroup: { ...managing, ask: `(input: { resource: { ${group} } })` },
    replaceScimGroup: { ...managing, ask: `(input: { id: "$scimGroup", resource: { ${group} } })` },
    patchScimGroup: { ...managing, ask: `(input: { id: "$scimGroup", ${operations('displayName')} })` },
    removeScimGroup: { ...managing, ask: '(input: { id: "$scimLeaving" })' },
  },
  types: {
    SingleSignOn: { may: admins, key: 'organization:write' },
    SsoRole: 'part',
    CompleteSingleSignOnPayload: 'part',
    RemoveSsoConnectionPayload: 'part',
    ScimList: 'part',
    ScimPayload: 'part',
    SetSsoConnectionPayload: 'part',
    StartSingleSignOnPayload: 'part',
    TestSsoConnectionPayload: 'part',
  },
} satisfies Expected

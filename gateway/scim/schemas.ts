export const userSchema = 'urn:ietf:params:scim:schemas:core:2.0:User'
export const groupSchema = 'urn:ietf:params:scim:schemas:core:2.0:Group'
export const enterpriseSchema = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'

type Traits = {
  type?: 'string' | 'boolean' | 'complex' | 'reference'
  multiValued?: boolean
  required?: boolean
  caseExact?: boolean
  mutability?: 'readWrite' | 'readOnly' | 'immutable'
  uniqueness?: 'none' | 'server'
  subAttributes?: object[]
}
const attribute = (name: string, traits: Traits = {}) => ({
  ...{ name, type: 'string', multiValued: false, required: false, caseExact: false },
  ...{ mutability: 'readWrite', returned: 'default', uniqueness: 'none' },
  ...traits,
})
const texts = (...names: string[]) => names.map((name) => attribute(name))
const complex = (name: string, subAttributes: object[], traits: Traits = {}) =>
  attribute(name, { type: 'complex', subAttributes, ...traits })
const many = (name: string, ...more: string[]) =>
  complex(name, [...texts('value', 'type', 'display', ...more), attribute('primary', { type: 'boolean' })], {
    multiValued: true,
  })
const readOnly = { mutability: 'readOnly' } as const
const schema = (id: string, name: string, description: string, attributes: object[]) => ({
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:Schema'],
  ...{ id, name, description, attributes },
  meta: { resourceType: 'Schema', location: `/scim/v2/Schemas/${id}` },
})

/** What is kept of users and groups (RFC 7643, 7). */
export const schemas = [
  schema(userSchema, 'User', 'A member of the organization', [
    attribute('userName', { required: true, uniqueness: 'server' }),
    complex('name', texts('formatted', 'familyName', 'givenName', 'middleName')),
    ...texts('displayName', 'nickName', 'title', 'userType', 'preferredLanguage', 'locale', 'timezone'),
    attribute('active', { type: 'boolean' }),
    ...[many('emails'), many('phoneNumbers'), many('roles'), many('entitlements')],
    many('addresses', 'formatted', 'streetAddress', 'locality', 'region', 'postalCode', 'country'),
    complex('groups', [attribute('value', readOnly), attribute('display', readOnly)], {
      multiValued: true,
      ...readOnly,
    }),
  ]),
  schema(groupSchema, 'Group', 'A group, which may give a role', [
    attribute('displayName', { required: true, uniqueness: 'server' }),
    complex('members', [attribute('value', { mutability: 'immutable' }), attribute('display', readOnly)], {
      multiValued: true,
    }),
  ]),
  schema(enterpriseSchema, 'EnterpriseUser', 'More of a member', [
    ...texts('employeeNumber', 'costCenter', 'organization', 'division', 'department'),
    complex('manager', texts('value', 'displayName')),
  ]),
]

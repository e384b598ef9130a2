/** The routes of proving who one is, of providers and of the trail. */
import { admins, anyone, givesViewer, managers, members, nobody, type Row } from '../words.ts'
import { unproven } from './factors.ts'

const own: Row = { may: members, key: 'no' }
const open: Row = { may: anyone, key: 'any' }
const step = { body: { challenge: 'none', code: '000000' }, past: unproven.challenge }
const passkey = { body: { passkey: {} }, past: unproven.entry }

const factors: Record<string, Row> = {
  'POST /auth/login/complete': { ...open, ...step },
  'POST /auth/session/complete': { ...open, ...step },
  'POST /auth/passkeys': { ...open, ...passkey },
  'POST /auth/session/passkey': { ...open, ...passkey },
  'POST /auth/passkeys/options': { ...open, body: {} },
  'GET /auth/factors': own,
  'POST /auth/totp': { ...own, body: {} },
  'POST /auth/totp/confirm': { ...own, body: { code: '000000' }, past: unproven.code },
  'POST /auth/totp/remove': { ...own, body: { password: 'none' }, past: unproven.input },
  'POST /auth/passkeys/registration': { ...own, body: {} },
  'POST /auth/passkeys/registration/complete': {
    ...own,
    body: { name: '$text', passkey: {} },
    past: unproven.passkey,
  },
  'DELETE /auth/passkeys/:id': { ...own, ask: '$upload' },
  'POST /auth/recovery-codes': own,
  'POST /auth/proof': { ...own, body: {}, past: unproven.input },
  'POST /auth/proof/options': own,
  'PUT /auth/password': { ...own, body: { current: 'none', new: 'short' }, past: unproven.input },
  'POST /users/:id/reset-password': { may: managers, key: givesViewer, ask: '$user' },
  'POST /users/:id/reset-second-factors': { may: managers, key: givesViewer, ask: '$user' },
}

const organization: Record<string, Row> = {
  'GET /auth/sso/:organization': { ...open, ask: 'acme' },
  'GET /auth/sso/callback': { ...open, ask: '?state=none' },
  'GET /sso/connection': { may: admins, key: 'organization:write' },
  'PUT /sso/connection': { may: admins, key: 'no', body: { issuer: 'no address' }, past: unproven.input },
  'DELETE /sso/connection': { may: admins, key: 'no' },
  'POST /sso/connection/test': { may: admins, key: 'organization:write' },
  'GET /organizations/:id/audit': {
    may: admins,
    key: ['audit:read', 'organization:read'],
    ask: '$organization',
  },
  'GET /organizations/:id/audit/export': {
    may: admins,
    key: ['audit:read', 'organization:read'],
    ask: '$organization',
  },
  'POST /organizations/:id/rekey': {
    may: admins,
    key: ['organization:write', 'integrations:read'],
    ask: '$organization',
  },
  // Everybody has their own; that of others is for who manages them.
  'GET /users/:id/export': { may: managers, key: givesViewer, ask: '$user' },
  'POST /users/:id/erase': { may: managers, key: givesViewer, ask: '$leaver' },
}

const user = { schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'], userName: '$unused' }
const group = { schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'], displayName: '$text' }
const rename = {
  schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
  Operations: [{ op: 'replace', path: 'displayName', value: '$text' }],
}
/** A provider comes with a key, and nobody by what they signed in with. */
const provider: Row = { may: nobody, key: 'users:write' }
const told: Row = { may: nobody, key: 'any' }

const scim: Record<string, Row> = {
  'GET /scim/v2/Users': provider,
  'POST /scim/v2/Users': { ...provider, body: user },
  'GET /scim/v2/Users/:id': { ...provider, ask: '$scimUser' },
  'PUT /scim/v2/Users/:id': { ...provider, ask: '$scimUser', body: user },
  'PATCH /scim/v2/Users/:id': { ...provider, ask: '$scimUser', body: rename },
  'DELETE /scim/v2/Users/:id': { ...provider, ask: '$scimLeaver' },
  'GET /scim/v2/Groups': provider,
  'POST /scim/v2/Groups': { ...provider, body: group },
  'GET /scim/v2/Groups/:id': { ...provider, ask: '$scimGroup' },
  'PUT /scim/v2/Groups/:id': { ...provider, ask: '$scimGroup', body: group },
  'PATCH /scim/v2/Groups/:id': { ...provider, ask: '$scimGroup', body: rename },
  'DELETE /scim/v2/Groups/:id': { ...provider, ask: '$scimLeaving' },
  'GET /scim/v2/ServiceProviderConfig': told,
  'GET /scim/v2/ResourceTypes': told,
  'GET /scim/v2/ResourceTypes/:id': { ...told, ask: 'User' },
  'GET /scim/v2/Schemas': told,
  'GET /scim/v2/Schemas/:id': { ...told, ask: 'urn:ietf:params:scim:schemas:core:2.0:User' },
}

export const moreRoutes = { ...factors, ...organization, ...scim }

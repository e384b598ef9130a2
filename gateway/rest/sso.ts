import type { IncomingHttpHeaders } from 'node:http'
import { z } from 'zod'
import type { NexusError } from '#kit/errors.ts'
import { ssoCookie, ssoOf } from '../session.ts'
import { cookiesOf, type Entered, tokens } from './auth.ts'
import { type Fields, type Route, route } from './route.ts'

const connection = `id issuer clientId hasClientSecret redirectUri scopes groupClaim roleMap { group role } defaultRole
  domains isJit isEnabled isRequired breakGlassUserId testedAt version createdAt updatedAt`

const role = z
  .enum(['admin', 'manager', 'analyst', 'viewer'], 'Must be one of admin, manager, analyst, viewer')
  .transform((name) => name.toUpperCase())
const text = z.string('Must be a text').max(1_000)
const texts = z.array(text, 'Must be a list of texts').max(200)
const truth = z.boolean('Must be true or false')

/** Of our page's address: why somebody who wanted to come in is still outside. */
const outside = ({ code }: NexusError): string =>
  `/?sso=${code === 'RATE_LIMITED' ? 'later' : code === 'NOT_FOUND' ? 'none' : 'failed'}`
const browserOf = (headers: IncomingHttpHeaders): Fields => {
  const browser = ssoOf(headers)
  return browser ? { browser } : {}
}

export const sso = (): Route[] => [
  route({
    method: 'GET',
    path: '/auth/sso/:organization',
    open: true,
    operation: `mutation StartSingleSignOn($input: StartSingleSignOnInput!) {
      startSingleSignOn(input: $input) { url browser }
    }`,
    params: z.object({ organization: z.string().max(100) }),
    query: z.object({ return_to: z.string().max(2_000).optional() }),
    variables: ({ params: { organization }, query: { return_to } }, { headers }) => ({
      input: { organization, returnTo: return_to ?? null, ...browserOf(headers) },
    }),
    data: ({ startSingleSignOn }) => startSingleSignOn,
    headers: ({ startSingleSignOn }) => ({
      'set-cookie': ssoCookie(String((startSingleSignOn as Fields).browser)),
    }),
    leads: { to: ({ startSingleSignOn }) => String((startSingleSignOn as Fields).url), refused: outside },
  }),
  route({
    method: 'GET',
    path: '/auth/sso/callback',
    open: true,
    operation: `mutation CompleteSingleSignOn($input: CompleteSingleSignOnInput!) {
      completeSingleSignOn(input: $input) { returnTo entered { ${tokens} } }
    }`,
    // Providers add what they like.
    query: z.looseObject({}),
    variables: (_input, { url, headers }) => ({
      input: { parameters: url.slice(url.indexOf('?') + 1), ...browserOf(headers) },
    }),
    data: ({ completeSingleSignOn }) => completeSingleSignOn,
    headers: ({ completeSingleSignOn }) => ({
      'set-cookie': cookiesOf((completeSingleSignOn as { entered: Entered }).entered),
    }),
    leads: {
      to: ({ completeSingleSignOn }) => String((completeSingleSignOn as Fields).return_to ?? '/'),
      refused: outside,
    },
  }),
  route({
    method: 'GET',
    path: '/sso/connection',
    needs: 'organization:write',
    noun: 'Connection',
    operation: `query SsoConnection { ssoConnection { ${connection} } }`,
    data: ({ ssoConnection }) => ssoConnection,
  }),
  route({
    method: 'PUT',
    path: '/sso/connection',
    needs: 'organization:write',
    operation: `mutation SetSsoConnection($input: SetSsoConnectionInput!) {
      setSsoConnection(input: $input) { connection { ${connection} } }
    }`,
    body: z.strictObject({
      issuer: text.optional(),
      client_id: text.optional(),
      client_secret: text.nullable().optional(),
      scopes: texts.optional(),
      group_claim: text.nullable().optional(),
      role_map: z
        .array(z.strictObject({ group: text, role }), 'Must be a list of groups')
        .max(200)
        .optional(),
      default_role: role.nullable().optional(),
      domains: texts.optional(),
      is_jit: truth.optional(),
      is_enabled: truth.optional(),
      is_required: truth.optional(),
      break_glass_user_id: text.nullable().optional(),
      version: z.int('Must be a number').optional(),
    }),
    variables: ({ body: { version, ...body } }) => ({
      input: Object.fromEntries(
        Object.entries({ ...body, expected_version: version })
          .filter(([, value]) => value !== undefined)
          .map(([name, value]) => [camel(name), value]),
      ),
    }),
    data: ({ setSsoConnection }) => (setSsoConnection as Fields).connection,
  }),
  route({
    method: 'DELETE',
    path: '/sso/connection',
    needs: 'organization:write',
    operation: 'mutation RemoveSsoConnection { removeSsoConnection { isRemoved } }',
    data: ({ removeSsoConnection }) => removeSsoConnection,
  }),
  route({
    method: 'POST',
    path: '/sso/connection/test',
    needs: 'organization:write',
    operation: 'mutation TestSsoConnection { testSsoConnection { isFit problems } }',
    data: ({ testSsoConnection }) => testSsoConnection,
  }),
]

const camel = (name: string) => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())

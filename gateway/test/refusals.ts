import type { InjectOptions } from 'fastify'
import type { ErrorCode } from '#kit/errors.ts'
import type { Transport } from '#kit/transport.ts'
import type { GatewayOptions } from '../app.ts'
import { compose } from './authorize/house.ts'

type Asked = { as: 'nobody' | 'viewer' | 'admin'; request: InjectOptions }
/** A code, how a client comes to see it, and what the gateway must be for it. */
export type Refusal = Asked & { code: ErrorCode; of?: Partial<GatewayOptions> }

const json = { 'content-type': 'application/json' }
const graphql = (query: string, more: object = {}): InjectOptions => ({
  method: 'POST',
  url: '/graphql',
  headers: json,
  payload: { query, ...more },
})
const get = (path: string): InjectOptions => ({ method: 'GET', url: `/api/v1${path}` })
const post = (path: string, payload: InjectOptions['payload'], headers: object = json): InjectOptions => ({
  method: 'POST',
  url: `/api/v1${path}`,
  payload: payload!,
  headers: { ...headers },
})
const large = `"${'x'.repeat(1024 * 1024)}"`
const dead: Transport = async () => {
  throw new Error('connect ECONNREFUSED 10.1.2.3:4103')
}
const wrongPassword = { email: 'a@b.example', password: 'wrong' }
const signIn = 'mutation { signIn(input: { email: "a", password: "b" }) { expiresIn } }'

const guarded = compose({ things: 'type Query { secret: String @authenticated }' })

/** Each code that a gateway over the toy house can be brought to tell, by GraphQL and by REST. */
export const refusals: Refusal[] = [
  { code: 'VALIDATION_ERROR', as: 'admin', request: graphql('query ($id: ID!) { asset(id: $id) { id } }') },
  { code: 'VALIDATION_ERROR', as: 'admin', request: get('/assets?nothing=1') },
  { code: 'UNAUTHENTICATED', as: 'nobody', request: graphql(signIn) },
  { code: 'UNAUTHENTICATED', as: 'nobody', request: post('/auth/login', wrongPassword) },
  {
    code: 'UNAUTHENTICATED',
    as: 'nobody',
    request: { ...graphql('{ me { id } }'), headers: { ...json, authorization: 'Bearer nonsense' } },
  },
  { code: 'FORBIDDEN', as: 'viewer', request: graphql('{ refused }') },
  { code: 'FORBIDDEN', as: 'viewer', request: post('/integrations/imports?format=trivy', '{}') },
  { code: 'FORBIDDEN', as: 'nobody', request: graphql('{ __schema { queryType { name } } }') },
  { code: 'NOT_FOUND', as: 'admin', request: get('/assets/nothing') },
  { code: 'NOT_FOUND', as: 'admin', request: get('/nowhere') },
  { code: 'PAYLOAD_TOO_LARGE', as: 'admin', request: { ...graphql(''), payload: large } },
  { code: 'PAYLOAD_TOO_LARGE', as: 'admin', request: post('/auth/login', large) },
  {
    code: 'UNSUPPORTED_MEDIA_TYPE',
    as: 'admin',
    request: { ...graphql(''), payload: 'a=b', headers: { 'content-type': 'text/plain' } },
  },
  {
    code: 'UNSUPPORTED_MEDIA_TYPE',
    as: 'admin',
    request: post('/auth/login', 'a=b', { 'content-type': 'text/plain' }),
  },
  {
    code: 'REPORT_REJECTED',
    as: 'admin',
    request: post('/integrations/imports?format=nonsense&file=a', '{}', {
      'content-type': 'application/octet-stream',
    }),
  },
  { code: 'INTERNAL_SERVER_ERROR', as: 'admin', request: graphql('{ broken }') },
  {
    code: 'INTERNAL_SERVER_ERROR',
    as: 'admin',
    request: get('/assets/stats'),
    of: { transports: { assets: async () => ({ data: { assetStats: 'select * from asset' } }) as never } },
  },
  {
    code: 'SERVICE_UNAVAILABLE',
    as: 'admin',
    request: graphql('{ assetStats { total } }'),
    of: { transports: { assets: dead } },
  },
  { code: 'SERVICE_UNAVAILABLE', as: 'admin', request: get('/assets'), of: { transports: { assets: dead } } },
  { code: 'GRAPHQL_PARSE_FAILED', as: 'admin', request: graphql('{') },
  { code: 'GRAPHQL_VALIDATION_FAILED', as: 'admin', request: graphql('{ nothing }') },
  {
    code: 'OPERATION_RESOLUTION_FAILURE',
    as: 'admin',
    request: graphql('query a { me { id } } query b { me { id } }'),
  },
  {
    code: 'OPERATION_RESOLUTION_FAILURE',
    as: 'admin',
    request: graphql('subscription { alertChanged { alert { id } } }'),
  },
  { code: 'BAD_REQUEST', as: 'admin', request: get('/%zz') },
  { code: 'BAD_REQUEST', as: 'admin', request: { method: 'GET', url: '/graphql?query={me{id}}' } },
  { code: 'BAD_REQUEST', as: 'admin', request: { ...graphql(''), payload: '{"query":' } },
  { code: 'BAD_REQUEST', as: 'admin', request: { ...graphql(''), payload: '[{"query":"{ me { id } }"}]' } },
  { code: 'BAD_REQUEST', as: 'admin', request: graphql('{ me { id } }', { variables: 'x' }) },
  {
    code: 'PERSISTED_QUERY_NOT_FOUND',
    as: 'admin',
    request: {
      ...graphql(''),
      payload: { extensions: { persistedQuery: { version: 1, sha256Hash: 'a'.repeat(64) } } },
    },
  },
  {
    code: 'OPERATION_NOT_REGISTERED',
    as: 'admin',
    request: graphql('{ me { id } }'),
    of: { documents: { registered: [], only: () => true } },
  },
  {
    code: 'COST_ESTIMATED_TOO_EXPENSIVE',
    as: 'nobody',
    request: graphql('{ assets(first: 100) { edges { node { alerts { asset { alerts { title } } } } } } }'),
  },
  {
    code: 'UNAUTHORIZED_FIELD_OR_TYPE',
    as: 'nobody',
    request: graphql('{ secret }'),
    of: { supergraphSdl: guarded, transports: { things: dead }, rest: null },
  },
]

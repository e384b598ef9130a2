import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { root } from '#kit/register.ts'
import { routes } from '../rest/routes.ts'
import { bearer, member, openGateway } from './gateway.ts'
import { toyAssets } from './toy-house.ts'

async function openRest(...[t, options]: Parameters<typeof openGateway>) {
  const gateway = await openGateway(t, options)
  const headers = await bearer(member())
  const get = async (url: string) => {
    const reply = await gateway.app.inject({ url: `/api/v1${url}`, headers })
    return { status: reply.statusCode, headers: reply.headers, text: reply.body, body: reply.json() }
  }
  return { ...gateway, get }
}

test('every row fits the graph of the house', async (t) => {
  const supergraphSdl = readFileSync(`${root}schema/supergraph.graphql`, 'utf8')
  const nobody = async () => ({ data: null })
  const names = ['identity', 'assets', 'alerts', 'vulns', 'compliance', 'integrations']
  const transports = Object.fromEntries(names.map((name) => [name, nobody]))
  const { app } = await openGateway(t, { supergraphSdl, transports, routes })
  for (const url of ['/api/v1/assets', '/api/v1/users', '/api/v1/metrics/dashboard'])
    assert.ok(app.hasRoute({ method: 'GET', url }))
})

test('a row that does not fit the graph fails the start', async (t) => {
  const { house } = await openGateway(t)
  const supergraphSdl = house.supergraphSdl.replaceAll('riskScore', 'danger')
  await assert.rejects(openGateway(t, { supergraphSdl }), /GET \/assets does not fit the graph.*riskScore/)
})

test('a list has items with the names of columns, and says where it stands', async (t) => {
  const { get, house } = await openRest(t)
  const { status, body, headers } = await get(
    '/assets?page=2&limit=50&sort=-risk_score&type=host,container_image&search=web',
  )
  assert.equal(status, 200)
  assert.equal(body.success, true)
  assert.equal(body.meta.requestId, headers['x-request-id'])
  assert.ok(!Number.isNaN(Date.parse(body.meta.timestamp)))
  assert.deepEqual(body.data.pagination, {
    page: 2,
    limit: 50,
    total: 101,
    totalPages: 3,
    totalType: 'exact',
    nextCursor: 'c2',
  })
  assert.deepEqual(body.data.items[0], {
    id: 'asset-1',
    organization_id: 'org-1',
    external_id: null,
    type: 'container_image',
    name: 'web-1',
    environment: null,
    criticality: 'high',
    exposure: null,
    data_classification: null,
    lifecycle: 'active',
    risk_score: 10,
    metadata: toyAssets[0]!.metadata,
    first_seen_at: '2026-01-03T12:00:00.000Z',
    last_seen_at: '2026-01-03T12:00:00.000Z',
    created_at: '2026-01-03T12:00:00.000Z',
    updated_at: '2026-01-03T12:00:00.000Z',
  })
  const variables = Object.values(house.asked.assets![0]!.variables!)
  assert.ok(variables.includes(50))
  assert.deepEqual(JSON.parse(JSON.stringify(house.asked.assets![0]!.variables)), {
    first: 50,
    offset: 50,
    filter: { type: ['HOST', 'CONTAINER_IMAGE'], search: 'web' },
    orderBy: { field: 'RISK_SCORE', direction: 'DESC' },
  })
})

test('alerts and vulnerabilities name their asset, and what hangs on them', async (t) => {
  const { get, house } = await openRest(t)
  const alert = (await get('/alerts/alert-1')).body.data
  assert.deepEqual(
    [alert.asset_id, alert.severity, alert.status, alert.assignee_id, alert.occurrence_count],
    ['asset-1', 'critical', 'open', null, 1],
  )
  const [vulnerability] = (
    await get('/vulnerabilities?severity=critical,high&cve_id=CVE-2026-0001&asset_id=a,b')
  ).body.data.items
  assert.deepEqual(
    [vulnerability.cve_id, vulnerability.cvss_score, vulnerability.due_date, vulnerability.fixed_versions],
    ['CVE-2026-0001', 9.8, null, ['3.0.2']],
  )
  assert.deepEqual(vulnerability.component, { name: 'openssl', version: '3.0.1', purl: null, path: null })
  assert.deepEqual(JSON.parse(JSON.stringify(house.asked.vulns![0]!.variables!.filter)), {
    severity: ['CRITICAL', 'HIGH'],
    cveId: ['CVE-2026-0001'],
    assetId: ['a', 'b'],
  })
})

test('search, cursors, stats, and the pages of imports and connectors', async (t) => {
  const { get, house } = await openRest(t)
  assert.equal((await get('/assets/search?q=web')).body.data.items.length, 3)
  const page = (await get('/alerts?cursor=c1&limit=1')).body.data.pagination
  assert.deepEqual([page.page, page.nextCursor], [null, 'c2'])
  assert.equal(house.asked.alerts![0]!.variables!.after, 'c1')
  assert.deepEqual((await get('/assets/stats')).body.data, {
    total: 3,
    by_type: { container_image: 3 },
    by_lifecycle: {},
    by_criticality: {},
  })
  assert.deepEqual((await get('/alerts/stats')).body.data.by_severity, { critical: 3 })
  assert.equal((await get('/vulnerabilities/stats')).body.data.open, 3)
  assert.deepEqual((await get('/integrations/imports')).body.data.items[0].asset, {
    id: 'asset-1',
    name: 'web-1',
  })
  assert.equal((await get('/integrations/imports/run-1')).body.data.status, 'queued')
  assert.deepEqual((await get('/integrations/connectors')).body.data.items, [])
})

test('what is wrong with a query is told parameter by parameter', async (t) => {
  const { get, house } = await openRest(t)
  const cases: Record<string, string[]> = {
    'page=0': ['page'],
    'page=x&limit=101': ['page', 'limit'],
    'limit=': ['limit'],
    'page=1&page=2': ['page'],
    'page=600': ['page'],
    'cursor=a&page=2': ['cursor'],
    'sort=shoe_size': ['sort'],
    'type=host,house': ['type.1'],
    'colour=red&__proto__=1': ['colour', '__proto__'],
  }
  for (const [query, fields] of Object.entries(cases)) {
    const { status, body } = await get(`/assets?${query}`)
    assert.equal(status, 400, query)
    assert.equal(body.success, false)
    assert.deepEqual(
      [body.error.code, body.error.message],
      ['VALIDATION_ERROR', 'Invalid request parameters'],
    )
    assert.deepEqual(
      body.error.details.map(({ field }: { field: string }) => field),
      fields,
      query,
    )
    assert.equal(typeof body.meta.requestId, 'string')
  }
  assert.deepEqual((await get('/assets/search')).body.error.details[0].field, 'q')
  assert.deepEqual((await get('/alerts/stats?x=1')).body.error.details[0].field, 'x')
  assert.ok(Object.values(house.asked).every((calls) => calls.length === 0))
})

test('what is not there is not found, whatever its id looks like', async (t) => {
  const { get } = await openRest(t)
  for (const id of ['nothing', '%27%20or%201=1', '..%2f..%2fetc', 'a'.repeat(90)]) {
    const { status, body } = await get(`/assets/${id}`)
    assert.deepEqual([status, body.error.code, body.error.message], [404, 'NOT_FOUND', 'Asset not found'])
  }
})

const failing = (code: string, message: string, more: object = {}) => ({
  assets: async () => ({ data: null, errors: [{ message, extensions: { code, ...more } }] }),
})

test('a refusal of the graph has the status of its code', async (t) => {
  for (const [code, status] of [
    ['UNAUTHENTICATED', 401],
    ['FORBIDDEN', 403],
    ['CONFLICT', 409],
    ['RATE_LIMITED', 429],
    ['SERVICE_UNAVAILABLE', 503],
  ] as const) {
    const { get } = await openRest(t, { transports: failing(code, 'Because') })
    const answer = await get('/assets')
    assert.deepEqual([answer.status, answer.body.error], [status, { code, message: 'Because', details: [] }])
  }
})

test('a cursor that the graph refuses is named as REST calls it', async (t) => {
  const details = [{ field: 'after', message: 'This cursor does not belong here', secret: 'x' }]
  const { get } = await openRest(t, { transports: failing('VALIDATION_ERROR', 'Invalid', { details }) })
  const { status, body } = await get('/assets?cursor=nonsense')
  assert.equal(status, 400)
  assert.deepEqual(body.error.details, [{ field: 'cursor', message: 'This cursor does not belong here' }])
})

test('what broke is masked: no host, no port, no SQL, no stack', async (t) => {
  for (const transports of [
    failing('INTERNAL_SERVER_ERROR', 'select * from asset at db.internal:5432'),
    failing('23505', 'duplicate key at db.internal:5432'),
  ]) {
    const { status, body, text } = await (await openRest(t, { transports })).get('/assets')
    assert.equal(status, 500)
    assert.deepEqual(body.error, { code: 'INTERNAL_SERVER_ERROR', message: 'Internal error', details: [] })
    assert.doesNotMatch(text, /internal:|5432|select|stack|serviceName/)
  }
})

test('signing in gives a token, and says what is wrong', async (t) => {
  const { app } = await openRest(t)
  const login = async (payload: object | string) => {
    const reply = await app.inject({ method: 'POST', url: '/api/v1/auth/login', payload })
    return { status: reply.statusCode, body: reply.json() }
  }
  const { status, body } = await login({ email: 'admin@acme.example', password: 'right' })
  assert.equal(status, 200)
  assert.deepEqual(
    [body.data.accessToken, body.data.tokenType, body.data.expiresIn],
    ['token', 'Bearer', 300],
  )
  assert.deepEqual([body.data.user.role, body.data.user.organization.slug], ['admin', 'acme'])
  const wrong = await login({ email: 'admin@acme.example', password: 'wrong' })
  assert.deepEqual([wrong.status, wrong.body.error.code], [401, 'UNAUTHENTICATED'])
  const bad = await login({ email: 'nobody', admin: true })
  assert.deepEqual(bad.body.error.details, [
    { field: 'email', message: 'Invalid email format' },
    { field: 'password', message: 'Must be given' },
    { field: 'admin', message: 'There is no such parameter' },
  ])
  const empty = await app.inject({ method: 'POST', url: '/api/v1/auth/login' })
  assert.equal(empty.json().error.code, 'VALIDATION_ERROR')
})

test('me is who has signed in', async (t) => {
  const { get } = await openRest(t)
  assert.equal((await get('/auth/me')).body.data.email, 'admin@acme.example')
  const nobody = await openRest(t, { transports: { identity: async () => ({ data: { me: null } }) } })
  assert.deepEqual((await nobody.get('/auth/me')).status, 401)
})

test('a supergraph without what a row asks for is not taken', async (t) => {
  let take: ((supergraphSdl: string) => Promise<void>) | undefined
  const { app, house, graphql } = await openGateway(t, {
    supergraphs: (given) => {
      take = given
      return () => {}
    },
  })
  const has = async (field: string) => (await graphql(`{ ${field} }`)).errors?.[0]?.extensions.code
  await take!(house.supergraphSdl.replaceAll('assetStats:', 'assetNumbers:'))
  assert.equal((await graphql('{ assetStats { total } }')).data.assetStats.total, 3)
  await take!(house.supergraphSdl.replaceAll('broken:', 'whole:'))
  assert.equal(await has('broken'), 'GRAPHQL_VALIDATION_FAILED')
  assert.equal(await has('whole'), 'INTERNAL_SERVER_ERROR')
  const { statusCode } = await app.inject({
    url: '/api/v1/assets/stats',
    headers: await bearer(member()),
  })
  assert.equal(statusCode, 200)
})

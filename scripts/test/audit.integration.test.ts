/** That each mutation leaves one row in the journal, and each refusal one; and who may read them. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  type GraphQLInputType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isListType,
  isRequiredArgument,
  isRequiredInputField,
} from 'graphql'
import { idOfName } from '#kit/id.ts'
import { openTestHouse, type TestHouse, type Visitor } from '../test-house.ts'
import { fields, mutate, stepsOf } from './audit-mutations.ts'
import { type Owner, openOwner } from './owner.ts'
import { until } from './processes.ts'
import { importReport, trivyReport } from './reports.ts'

const acme = idOfName('organization', 'acme')
let house: TestHouse
let owner: Owner
let admin: Visitor
let viewer: Visitor
let eve = ''

before(async () => {
  house = await openTestHouse()
  owner = await openOwner(house)
  admin = await house.as('admin@acme.example')
  viewer = await house.as('viewer@acme.example')
})
after(() => house?.close())

type Row = Record<
  'id' | 'operation' | 'outcome' | 'organization_id' | 'actor_kind' | 'request_id',
  string
> & {
  code: string | null
  subject_type: string | null
  subject_id: string | null
  changes: { patch?: unknown[] }[]
}
const rowsOf = async (): Promise<Row[]> =>
  (await owner.query('select * from journal.entries order by transaction, id')).rows

/** The rows that work leaves behind. */
async function left<Result>(work: () => Promise<Result>): Promise<{ rows: Row[]; result: Result }> {
  const known = new Set((await rowsOf()).map(({ id }) => id))
  const result = await work()
  return { rows: await rowsSince(known), result }
}

const rowsSince = async (known: ReadonlySet<string>): Promise<Row[]> =>
  (await rowsOf()).filter(({ id }) => !known.has(id))

const signIn = (email: string) => mutate(house.anonymous, 'signIn', { email, password: 'wrong wrong wrong' })
// What comes in by itself, after the answer: runs and reports have rows of their own.
const later = new Set(['generate-report', 'import-report', 'reseal-values'])

// Nothing counts before it is confirmed.
const begins = 'startTotp'

/** Something that an argument takes, whatever becomes of it. */
function anyOf(type: GraphQLInputType): unknown {
  const nullable = getNullableType(type)
  if (isListType(nullable)) return [anyOf(nullable.ofType)]
  if (isEnumType(nullable)) return nullable.getValues()[0]!.name
  if (isInputObjectType(nullable))
    return Object.fromEntries(
      Object.values(nullable.getFields())
        .filter(isRequiredInputField)
        .map((each) => [each.name, anyOf(each.type)]),
    )
  const values: Record<string, unknown> = { Int: 1, Float: 1, Boolean: true, ID: crypto.randomUUID() }
  return values[String(nullable)] ?? (String(nullable) === 'DateTime' ? '2030-01-01T00:00:00Z' : 'x')
}

test('whatever a mutation is given, and whoever gives it, it leaves exactly one row', async () => {
  assert.ok(Object.keys(fields).length >= 60)
  const wanderer = await house.as('viewer@globex.example')
  // It ends the session that asks; the others are asked before.
  const order = Object.values(fields).toSorted(
    (one, other) => Number(one.name === 'signOut') - Number(other.name === 'signOut'),
  )
  for (const { name, args } of order) {
    const given = args.filter(isRequiredArgument)
    const variables = Object.fromEntries(given.map((each) => [each.name, anyOf(each.type)]))
    const head = given.map((each) => `$${each.name}: ${each.type}`).join(', ')
    const passed = given.map((each) => `${each.name}: $${each.name}`).join(', ')
    const text = `mutation${head && `(${head})`} { ${name}${passed && `(${passed})`} { __typename } }`
    const { rows, result } = await left(() => wanderer.graphql(text, variables))
    const told = `${name}: ${JSON.stringify(rows)} ${result.text}`
    assert.deepEqual(
      rows.map(({ operation }) => operation),
      [name],
      told,
    )
    const refused: string | null = result.body.errors?.[0]?.extensions.code ?? null
    assert.equal(rows[0]!.code, refused, told)
  }
})

test('a mutation that changes something leaves exactly one row', async () => {
  const analyst = await house.as('analyst@acme.example')
  const { steps, made } = stepsOf(house, admin, analyst, acme)
  for (const [name, by, input, keep] of steps) {
    const given = await input?.()
    const { rows, result } = await left(() => mutate(by, name, given))
    assert.equal(result.answer.body.errors, undefined, `${name}: ${result.answer.text}`)
    keep?.(result.told)
    const own = prompt(rows)
    assert.deepEqual(
      own.map(({ operation }) => operation),
      [name],
    )
    const [row] = own as [Row]
    assert.deepEqual([row.outcome, row.code, row.organization_id], ['done', null, acme], name)
    assert.equal(row.actor_kind, 'user', name)
    assert.ok(row.request_id, name)
    if (name === begins) continue
    assert.ok(row.subject_type && row.subject_id, `${name} does not say what it changed`)
    assert.ok(
      row.changes.some(({ patch }) => patch?.length),
      `${name}: ${JSON.stringify(row.changes)}`,
    )
  }
  eve = made.eve
  await until('the import, the report and the new key have ended', 20_000, async () => {
    const ended = (await rowsOf()).filter(({ operation }) => later.has(operation))
    return new Set(ended.map(({ operation }) => operation)).size === later.size
  })
})

const prompt = (rows: Row[]) => rows.filter(({ operation }) => !later.has(operation))

test('one row for each of several mutations in a document, whatever they are called', async () => {
  const { rows } = await left(() =>
    admin.graphql(`mutation {
      a: updateOrganization(input: { id: "${acme}", name: "Acme 2" }) { organization { id } }
      b: updateOrganization(input: { id: "${acme}", name: "Acme" }) { organization { id } }
    }`),
  )
  assert.deepEqual(
    prompt(rows).map(({ operation }) => operation),
    ['updateOrganization', 'updateOrganization'],
  )
})

test('a refusal leaves one row that says why', async () => {
  const refusals: [string, string, string, Visitor][] = [
    ['mutation { disableUser(input: { id: "nobody" }) { user { id } } }', 'disableUser', 'NOT_FOUND', admin],
    ['mutation { disableUser(input: { id: "nobody" }) { user { id } } }', 'disableUser', 'FORBIDDEN', viewer],
    [
      'mutation { createUser(input: { email: "eve@acme.example", name: "Eve", role: VIEWER }) { user { id } } }',
      ...(['createUser', 'CONFLICT'] as const),
      admin,
    ],
    [
      'mutation { a: createApiKey(input: { name: "", scopes: ["alerts:read"] }) { key } }',
      'createApiKey',
      'VALIDATION_ERROR',
      admin,
    ],
    ['{ mine: apiKeys { edges { node { id } } } }', 'apiKeys', 'FORBIDDEN', viewer],
    ['{ auditEvents { edges { node { id } } } }', 'auditEvents', 'FORBIDDEN', viewer],
  ]
  for (const [query, operation, code, visitor] of refusals) {
    const { rows, result } = await left(() => visitor.graphql(query))
    assert.equal(result.body.errors?.[0]?.extensions.code, code, JSON.stringify(result.body))
    assert.deepEqual(
      prompt(rows).map((row) => [row.operation, row.outcome, row.code]),
      [[operation, 'refused', code]],
    )
  }
})

test('a wrong password is told to the organization of who is known, and to nobody else', async () => {
  const known = new Set((await rowsOf()).map(({ id }) => id))
  const told = async () => prompt(await rowsSince(known))
  await signIn('nobody@acme.example')
  await signIn('manager@acme.example')
  await until('the refusal is written', 10_000, async () => (await told()).length > 0)
  const rows = await told()
  assert.deepEqual(
    rows.map((row) => [row.operation, row.outcome, row.code, row.organization_id]),
    [['signIn', 'refused', 'UNAUTHENTICATED', acme]],
  )
})

test('an import and a report have a row each when they end', async () => {
  const known = new Set((await rowsOf()).map(({ id }) => id))
  await importReport(admin, 'audit.json', trivyReport('audit:1', [{ id: 'CVE-2020-1', package: 'a' }]))
  await admin.graphql('mutation { generateReport(input: { list: ASSETS, format: CSV }) { report { id } } }')
  await until('both have ended', 20_000, async () => (await rowsSince(known)).length >= 4)
  const rows = await rowsSince(known)
  assert.deepEqual(rows.map(({ operation }) => operation).sort(), [
    'generate-report',
    'generateReport',
    'import-report',
    'startImport',
  ])
  const run = rows.find(({ operation }) => operation === 'import-report')
  assert.match(JSON.stringify(run), /"\/digest","value":"[0-9a-f]{64}"/)
})

test('a change that does not commit leaves neither', async () => {
  await owner.query(`create function journal.refuse() returns trigger language plpgsql as
    $$ begin raise exception 'no'; end $$;
    create constraint trigger refuse after insert on journal.entries deferrable initially deferred
      for each row when (new.operation = 'updateOrganization' and new.outcome = 'done') execute function journal.refuse()`)
  const { rows, result } = await left(() =>
    admin.graphql(
      `mutation { updateOrganization(input: { id: "${acme}", name: "Never" }) { organization { id } } }`,
    ),
  )
  await owner.query('drop trigger refuse on journal.entries; drop function journal.refuse()')
  assert.equal(result.body.errors[0].extensions.code, 'INTERNAL_SERVER_ERROR')
  assert.deepEqual(
    rows.map(({ outcome }) => outcome),
    ['failed'],
  )
  const { body } = await admin.graphql('{ organizations { edges { node { name } } } }')
  assert.equal(body.data.organizations.edges[0].node.name, 'Acme')
})

test('admins read what happened, over both doors, and nobody reads another tenant’s', async () => {
  await house.relay.catchUp()
  const { body } = await admin.graphql(
    `{ auditEvents(filter: { subjectId: ["${eve}"], operation: ["updateUser"] }) { totalCount { count } edges { node {
      id at actorKind actor { email } ip userAgent outcome subjectType changes sequence hash } } } }`,
  )
  const [{ node }] = body.data.auditEvents.edges
  assert.equal(node.actor.email, 'admin@acme.example')
  assert.equal(node.ip, '127.0.0.1')
  assert.ok(node.sequence > 0 && /^[0-9a-f]{64}$/.test(node.hash))
  assert.ok(
    node.changes[0].patch.some(
      (step: { op: string; path: string; value: unknown }) =>
        step.op === 'replace' && step.path === '/role' && step.value === 'analyst',
    ),
  )
  const { body: listed } = await admin.rest(
    'GET',
    `/organizations/${acme}/audit?operation=createUser&outcome=done`,
  )
  assert.equal(listed.success, true, JSON.stringify(listed))
  const [created] = listed.data.items
  assert.equal(created.subject_id, eve)
  assert.ok(JSON.stringify(created.changes).includes('eve@acme.example'))
  const between = async (from: string, to: string) => {
    const range = new URLSearchParams({ subject_id: eve, operation: 'createUser', from, to })
    return admin.rest('GET', `/organizations/${acme}/audit?${range}`)
  }
  const later = new Date(Date.parse(created.at) + 1).toISOString()
  const found = await between(created.at, later)
  assert.deepEqual(
    found.body.data.items.map(({ id }: { id: string }) => id),
    [created.id],
  )
  assert.deepEqual((await between(later, '2100-01-01T00:00:00Z')).body.data.items, [])
  assert.equal((await between('yesterday', later)).status, 400)
  const other = await house.as('admin@globex.example')
  const { body: foreign } = await other.graphql(
    `query ($id: ID!) { auditEvent(id: $id) { id } auditEvents(filter: { subjectId: ["${eve}"] }) { edges { node { id } } } }`,
    { id: node.id },
  )
  assert.deepEqual(foreign.data, { auditEvent: null, auditEvents: { edges: [] } })
  for (const path of [`/organizations/${acme}/audit`, `/organizations/${acme}/audit/export`]) {
    assert.equal((await other.rest('GET', path)).status, 404)
    assert.equal((await viewer.rest('GET', path)).status, 403)
    assert.equal((await house.anonymous.rest('GET', path)).status, 401)
  }
})

test('the export has every event once, and no formula', async () => {
  await admin.graphql(`mutation { updateUser(input: { id: "${eve}", name: "=1+1" }) { user { id } } }`)
  const { body, headers } = await admin.rest('GET', `/organizations/${acme}/audit/export`)
  // Whom she was made with: in the trail as it is, in a file without her address.
  assert.doesNotMatch(JSON.stringify(body), /[^*]{2}@acme\.example/)
  assert.match(JSON.stringify(body), /\w\*\*\*@acme\.example/)
  const trail = await admin.rest('GET', `/organizations/${acme}/audit?operation=createUser`)
  assert.match(JSON.stringify(trail.body), /\w{2}@acme\.example/)
  const { count } = (
    await owner.query(`select count(*)::int as count from journal.entries where organization_id = '${acme}'`)
  ).rows[0]
  assert.equal(body?.length, count, JSON.stringify(body))
  assert.equal(new Set(body.map(({ id }: { id: string }) => id)).size, count)
  assert.match(headers.get('content-disposition')!, /attachment; filename="nexus-audit-.*\.json"/)
  const csv = await admin.rest('GET', `/organizations/${acme}/audit/export?format=csv`)
  assert.match(csv.text, /^id,at,actor_kind,/)
  assert.ok(!/(^|,)=1/m.test(csv.text))
})

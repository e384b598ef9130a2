import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DummyDriver, Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from 'kysely'
import { where } from '#kit/filter.ts'

const db = new Kysely<never>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (of) => new PostgresIntrospector(of),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
})

const spec = {
  status: { kind: 'enum', column: 'status' },
  assetId: { kind: 'id', column: 'asset_id' },
  search: { kind: 'search', columns: ['title', 'name'] },
  createdAt: { kind: 'time', column: 'created_at' },
} as const

const compiled = (filter: Record<string, unknown> | null) => where(spec, filter).compile(db)

test('no condition lets every row through, and an unknown one is none', () => {
  for (const filter of [null, {}, { status: null }, { nope: ['x'] }])
    assert.equal(compiled(filter).sql, 'true')
})

test('values never become text of a statement', () => {
  const nasty = `'); drop table alerts; --`
  const { sql, parameters } = compiled({ status: [nasty], search: nasty })
  assert.ok(!sql.includes('drop'))
  assert.deepEqual(parameters, [[nasty], `%${nasty}%`, `%${nasty}%`])
})

test('the signs of a pattern are letters in a search', () => {
  assert.deepEqual(compiled({ search: '100%_\\' }).parameters, ['%100\\%\\_\\\\%', '%100\\%\\_\\\\%'])
})

test('an id that is none matches nothing, and an empty list matches nothing', () => {
  assert.deepEqual(compiled({ assetId: ['x', "'"] }).parameters, [[]])
  assert.deepEqual(compiled({ status: [] }).parameters, [[]])
})

test('a range is half-open', () => {
  const [from, to] = [new Date(0), new Date(1)]
  const { sql, parameters } = compiled({ createdAt: { from, to } })
  assert.equal(sql, '(("created_at" >= $1 and "created_at" < $2))')
  assert.deepEqual(parameters, [from, to])
})

test('too many values are refused', () => {
  assert.throws(() => compiled({ status: Array(1_001).fill('open') }), { code: 'VALIDATION_ERROR' })
})

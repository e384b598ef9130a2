import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import {
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  sql,
} from 'kysely'
import { type CacheOutcome, canonical, openCaches, type Question } from '../cache.ts'
import { newId } from '../id.ts'
import { createLog } from '../log.ts'
import { createMetrics } from '../metrics.ts'
import { memoryStore, redisStore, type Store } from '../store.ts'
import type { Member, Permission } from '../viewer.ts'
import { watchWrites } from '../writes.ts'

const at = new Date('2026-01-02T12:00:00Z')
const later = (seconds: number) => new Date(at.getTime() + seconds * 1_000)

function member(permissions: Permission[] = ['alerts:read'], of: Partial<Member> = {}): Member {
  const ids = { accountId: 'a', userId: 'u', organizationId: 'acme' }
  return { kind: 'member', role: 'viewer', permissions, ...ids, ...of }
}

function open(store: Store | null = memoryStore()) {
  const outcomes: CacheOutcome[] = []
  const metrics = {
    ...createMetrics(),
    cache: (_name: string, outcome: CacheOutcome) => outcomes.push(outcome),
  }
  const caches = openCaches({ store, metrics: metrics as never, log: createLog('test', 'silent') })
  const asked: Question = { name: 'stats', keep: 'dashboard' }
  let computed = 0
  const ask = (viewer: Member, of: Partial<Question> = {}, now = at, subgraph = 'alerts') =>
    caches.of(subgraph).remember(viewer, now, { ...asked, ...of }, async () => ++computed)
  return { ask, caches, outcomes, count: () => computed }
}

test('an answer is remembered until something changes there, and in no other organization or subgraph', async () => {
  const { ask, caches, outcomes } = open()
  assert.deepEqual([await ask(member()), await ask(member())], [1, 1])
  await caches.of('alerts').changed('globex')
  await caches.of('vulns').changed('acme')
  assert.equal(await ask(member()), 1)
  await caches.of('alerts').changed('acme')
  assert.deepEqual([await ask(member()), await ask(member())], [2, 2])
  assert.deepEqual(outcomes, ['miss', 'hit', 'hit', 'miss', 'hit'])
})

test('what holds whatever changes is remembered until its time, and in its organization', async () => {
  const { ask, caches } = open()
  const lasts = (answer: unknown) => answer === 1
  assert.equal(await ask(member(), { lasts }), 1)
  await caches.of('alerts').changed('acme')
  assert.equal(await ask(member(), { lasts }), 1)
  assert.equal(await ask(member(['alerts:read'], { organizationId: 'globex' }), { lasts }), 2)
  assert.equal(await ask(member(), { lasts }, later(300)), 3)
  await caches.of('alerts').changed('acme')
  assert.equal(await ask(member(), { lasts }, later(300)), 4, 'that one did not last')
})

test('every part of the question tells answers apart, and nothing else does', async () => {
  const { ask, count } = open()
  const different = [
    () => ask(member()),
    () => ask(member(['alerts:read', 'alerts:write'])),
    () => ask(member(['alerts:read'], { organizationId: 'globex' })),
    () => ask(member(['alerts:read'], { hasGrants: true })),
    () => ask(member(['alerts:read'], { hasGrants: true, userId: 'other' })),
    () => ask(member(), { name: 'other' }),
    () => ask(member(), { variables: { a: 1, b: { c: 2 } } }),
    () => ask(member(), { variables: { a: 1, b: { c: 3 } } }),
    () => ask(member(), {}, at, 'vulns'),
  ]
  const answers = []
  for (const each of different) answers.push(await each())
  assert.deepEqual(new Set(answers).size, different.length)
  const again = []
  for (const each of different) again.push(await each())
  assert.deepEqual(again, answers)
  assert.equal(await ask(member(['alerts:write', 'alerts:read'])), answers[1])
  assert.equal(await ask(member(['alerts:read'], { userId: 'other', role: 'admin' })), answers[0])
  assert.equal(await ask(member(), { variables: { b: { c: 2 }, a: 1 } }), answers[6])
  assert.equal(count(), different.length)
  assert.equal(
    canonical({ b: [{ d: 1, c: at }], a: undefined }),
    '{"b":[{"c":"2026-01-02T12:00:00.000Z","d":1}]}',
  )
})

test('what many ask at once is computed once, and again for who asks after a change', async () => {
  const { caches, outcomes } = open()
  const first = Promise.withResolvers<string>()
  let computed = 0
  const ask = (work: () => Promise<string>) =>
    caches.of('alerts').remember(member(), at, { name: 'stats', keep: 'dashboard' }, () => {
      computed += 1
      return work()
    })
  const before = Array.from({ length: 50 }, () => ask(() => first.promise))
  await new Promise(setImmediate)
  assert.equal(computed, 1)
  await caches.of('alerts').changed('acme')
  assert.equal(await ask(async () => 'new'), 'new')
  first.resolve('old')
  assert.deepEqual(new Set(await Promise.all(before)), new Set(['old']))
  // The old one ended last, and was not kept.
  assert.equal(await ask(async () => 'new again'), 'new again')
  assert.equal(computed, 3)
  assert.deepEqual(
    [outcomes.filter((each) => each === 'shared').length, outcomes.filter((each) => each === 'hit').length],
    [49, 0],
  )
})

test('an answer is not the asker’s own, and a failure is nobody’s', async () => {
  const { caches } = open()
  const ask = (work: () => Promise<{ list: number[] }>) =>
    caches.of('alerts').remember(member(), at, { name: 'stats', keep: 'dashboard' }, work)
  await assert.rejects(
    ask(async () => Promise.reject(new Error('no'))),
    /no/,
  )
  const mine = await ask(async () => ({ list: [1] }))
  mine.list.push(2)
  assert.deepEqual(await ask(async () => ({ list: [3] })), { list: [1] })
})

test('an answer ends with its time, and with what it said of itself', async () => {
  const { ask } = open()
  assert.equal(await ask(member()), 1)
  assert.equal(await ask(member(), {}, later(299)), 1)
  assert.equal(await ask(member(), {}, later(300)), 2)
  const until = async () => later(10)
  assert.equal(await ask(member(), { name: 'due', until }), 3)
  assert.equal(await ask(member(), { name: 'due', until }, later(9)), 3)
  assert.equal(await ask(member(), { name: 'due', until }, later(10)), 4)
  // A clock that goes back knows nothing of what was computed after it.
  assert.equal(await ask(member(), { name: 'due', until }, later(-1)), 5)
})

test('without a store everything is computed, and while one is away too', async () => {
  const nothing = open(null)
  assert.deepEqual([await nothing.ask(member()), await nothing.ask(member())], [1, 2])
  const memory = memoryStore()
  let isAway = true
  const guarded =
    <Given extends unknown[], Answer>(work: (...given: Given) => Promise<Answer>) =>
    async (...given: Given) => {
      if (isAway) throw new Error('away')
      return work(...given)
    }
  const store = { read: guarded(memory.read), write: guarded(memory.write), settle: guarded(memory.settle) }
  const { ask, caches, outcomes } = open(store)
  assert.deepEqual([await ask(member()), await ask(member())], [1, 2])
  isAway = false
  assert.deepEqual([await ask(member()), await ask(member())], [3, 3])
  isAway = true
  await caches.of('alerts').changed('acme')
  isAway = false
  // Nobody else knows yet that something has changed, and who changed it is not told what was before.
  assert.equal(await ask(member()), 4)
  assert.equal(outcomes.at(-1), 'away')
  // Until the store is told, which is tried again and again.
  do await pause(20)
  while ((await ask(member())) > 0 && outcomes.at(-1) !== 'hit')
  assert.equal(outcomes.at(-1), 'hit')
  caches.close()
})

test('a Redis that hangs is waited for once, and one that is not ready never', async () => {
  let asked = 0
  const mget = () => {
    asked += 1
    return new Promise(() => {})
  }
  const hangs = { status: 'ready', mget } as never as Redis
  const store = redisStore(hangs)
  const { ask, outcomes } = open(store)
  assert.deepEqual([await ask(member()), await ask(member()), await ask(member())], [1, 2, 3])
  assert.deepEqual([asked, outcomes], [1, ['away', 'away', 'away']])
  const gone = redisStore({ status: 'reconnecting' } as never as Redis)
  await assert.rejects(gone.read(['a']), /out of reach/)
})

test('the memory is bounded, and an epoch that was forgotten does not come back', async () => {
  const store = memoryStore()
  const { ask } = open(store)
  assert.equal(await ask(member()), 1)
  const large = 'x'.repeat(200_000)
  for (let index = 0; index < 100; index++) await store.write(`large ${index}`, large, 60)
  const held = (await store.read(Array.from({ length: 100 }, (_, index) => `large ${index}`))).filter(
    (each) => each,
  )
  assert.ok(held.length > 10 && held.length * 2 * large.length <= 16 * 1024 * 1024, `${held.length}`)
  assert.equal(await ask(member()), 2)
  // What is larger than it is worth is told, and not kept.
  const { caches, outcomes } = open(store)
  for (let times = 0; times < 2; times++)
    await caches
      .of('alerts')
      .remember(member(), at, { name: 'l', keep: 'daily' }, async () => 'y'.repeat(300_000))
  assert.deepEqual(outcomes, ['miss', 'miss'])
})

test('whatever writes is seen, however it is written, and what reads is not', () => {
  type Tables = { alerts: { id: string; title: string } }
  const db = new Kysely<Tables>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (of) => new PostgresIntrospector(of),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  })
  const seen = (ask: (of: Kysely<Tables>) => unknown) => {
    const writes = watchWrites<Tables>()
    ask(writes.over(db as never))
    return writes.seen()
  }
  const text = 'insert into a'
  const reading = [
    (of: Kysely<Tables>) =>
      of.selectFrom('alerts').selectAll().where('title', '=', text).forUpdate().compile(),
    (of: Kysely<Tables>) => sql`select updated_at, deleted from alerts where title = ${text}`.compile(of),
  ]
  const writing = [
    (of: Kysely<Tables>) => of.insertInto('alerts').values({ id: newId(), title: 'a' }).compile(),
    (of: Kysely<Tables>) => of.updateTable('alerts').set({ title: 'b' }).compile(),
    (of: Kysely<Tables>) => of.deleteFrom('alerts').compile(),
    (of: Kysely<Tables>) =>
      of
        .with('added', (each) => each.insertInto('alerts').values({ id: '1', title: 'a' }).returning('id'))
        .selectFrom('added')
        .select('id')
        .compile(),
    (of: Kysely<Tables>) =>
      sql`with gone as (${sql`update alerts set title = 'x' returning 1`}) select 1`.compile(of),
    (of: Kysely<Tables>) => sql`INSERT  INTO alerts values (1)`.compile(of),
  ]
  assert.deepEqual(reading.map(seen), [false, false])
  assert.deepEqual(
    writing.map(seen),
    writing.map(() => true),
  )
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { severities } from '#kit/severity.ts'
import { judge, type Moving, moves } from '../rules/lifecycle.ts'
import { keyOf, recurrenceOf } from '../rules/recurrence.ts'
import { dues, inForce, longestPause, never, reopened, slaState, windows } from '../rules/sla.ts'

const hour = 3_600_000
const start = new Date('2026-01-03T00:00:00Z')
const after = (ms: number, from = start) => new Date(from.getTime() + ms)

type Alert = Moving & { slaDueAt: Date; slaRiskAt: Date; slaMet: boolean | null }

function raised(severity: Moving['severity']): Alert {
  const alert: Moving = {
    ...{ severity, status: 'open', verdict: null, assigneeId: null, suppressionRuleId: null },
    ...{
      acknowledgedAt: null,
      acknowledgedBy: null,
      resolvedAt: null,
      resolvedBy: null,
      resolutionNote: null,
    },
    ...{ firstResolvedAt: null, heldAt: null, holdUntil: null, holdReason: null, archivedAt: null },
    ...{ reopenCount: 0, slaPausedUntil: null, slaPausedMs: 0, ...dues(severity, start) },
  }
  return { ...alert, ...inForce(alert), slaMet: null }
}

const met = ({ resolvedAt, resolveDueAt }: Moving) =>
  resolvedAt && resolveDueAt ? resolvedAt <= resolveDueAt : null

function step(alert: Alert, to: Moving['status'], at: Date, holdFor = hour): Alert {
  const move = {
    ...{ to, verdict: 'benign' as const, reason: 'waits', holdUntil: after(holdFor, at) },
    ...{ ruleId: 'rule', ruleEnded: true },
  }
  const { change, refusal } = judge(alert, move, { by: 'ada', at })
  assert.equal(refusal, undefined)
  const moved = { ...alert, ...change }
  return { ...moved, slaMet: met(moved) }
}

test('the dues are those that were agreed on, and the last two severities have none', () => {
  const hours = severities.map((severity) => {
    const { ackDueAt, resolveDueAt } = dues(severity, start)
    return [ackDueAt, resolveDueAt].map((due) => due && (due.getTime() - start.getTime()) / hour)
  })
  assert.deepEqual(hours, [
    [0.25, 4],
    [1, 24],
    [4, 72],
    [24, 168],
    [null, null],
    [null, null],
  ])
  assert.deepEqual([raised('info').slaDueAt, slaState(raised('info'), start)], [never, 'none'])
})

test('an alert is on track, at risk with a fifth left, and breached at its due, first for seeing, then for resolving', () => {
  const seen = (ms: number, alert: Alert) => slaState(alert, after(ms))
  const alert = raised('high')
  assert.deepEqual(
    [0, 0.79, 0.8, 0.99, 1].map((hours) => seen(hours * hour, alert)),
    ['on_track', 'on_track', 'at_risk', 'at_risk', 'breached'],
  )
  const acknowledged = step(alert, 'acknowledged', after(2 * hour))
  assert.deepEqual(
    [2, 19.1, 19.3, 24].map((hours) => seen(hours * hour, acknowledged)),
    ['on_track', 'on_track', 'at_risk', 'breached'],
  )
  assert.equal(seen(30 * hour, step(acknowledged, 'resolved', after(24 * hour))), 'met')
  assert.equal(seen(30 * hour, step(acknowledged, 'resolved', after(24 * hour + 1))), 'missed')
})

test('a hold pauses, gives back what it does not use, and stops the clock for 7 days at most', () => {
  const acknowledged = step(raised('medium'), 'acknowledged', after(0))
  const short = step(acknowledged, 'on_hold', after(10 * hour), 20 * hour)
  assert.deepEqual(
    [10, 29, 31].map((hours) => slaState(short, after(hours * hour))),
    ['paused', 'paused', 'on_track'],
  )
  const back = step(short, 'in_progress', after(15 * hour))
  assert.deepEqual(back.resolveDueAt, after((72 + 5) * hour))
  const long = step(acknowledged, 'on_hold', after(hour), 300 * 24 * hour)
  assert.deepEqual(long.resolveDueAt, after(72 * hour + longestPause))
  assert.equal(slaState(long, after(longestPause + hour - 1)), 'paused')
  assert.equal(slaState(long, after(longestPause + hour)), 'on_track')
  const again = step(step(long, 'in_progress', after(200 * hour)), 'on_hold', after(201 * hour), 9 * hour)
  assert.equal(again.slaPausedUntil, null, 'all of it is used')
  const late = step(acknowledged, 'on_hold', after(80 * hour))
  assert.equal(slaState(late, after(80 * hour)), 'breached')
})

test('whoever is reopened goes on with the time that was left, and after a month begins anew', () => {
  const done = step(step(raised('high'), 'acknowledged', after(hour / 2)), 'resolved', after(10 * hour))
  const again = step(done, 'open', after(20 * hour))
  assert.deepEqual(again.resolveDueAt, after(34 * hour))
  assert.equal(slaState(again, after(20 * hour)), 'on_track')
  const month = after(31 * 24 * hour + 10 * hour)
  assert.deepEqual(reopened(done, month), dues('high', month))
})

/** Numbers that look like chance and are the same for the same seed. */
function lots(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return state / 2_147_483_648
  }
}

test('along any history: states follow one another in time, and no pause is longer than 7 days', () => {
  const order = ['on_track', 'at_risk', 'breached']
  for (let seed = 1; seed <= 400; seed++) {
    const lot = lots(seed)
    let alert = raised(severities[Math.floor(lot() * severities.length)]!)
    let now = start
    for (let steps = 0; steps < 12; steps++) {
      const next = after(Math.floor(lot() ** 4 * 40 * 24 * hour), now)
      const states = Array.from({ length: 6 }, (_, part) =>
        slaState(alert, after(((next.getTime() - now.getTime()) * part) / 5, now)),
      )
      // While nobody does anything, it only gets later.
      const ranks = states.filter((each) => each !== 'paused').map((each) => order.indexOf(each))
      assert.deepEqual(
        ranks,
        ranks.toSorted((a, b) => a - b),
        `${seed}: ${states}`,
      )
      if (states.includes('paused')) assert.ok(states.lastIndexOf('paused') < 6 && alert.status === 'on_hold')
      now = next
      const to = moves[alert.status][Math.floor(lot() * moves[alert.status].length)]
      if (!to) break
      const window = windows[alert.severity]
      alert = step(alert, to, now, 1 + Math.floor(lot() * 20 * 24 * hour))
      assert.ok(alert.slaPausedMs >= 0 && alert.slaPausedMs <= longestPause, `${seed}`)
      if (!window) assert.ok(['none'].includes(slaState(alert, now)))
      const ended = ['resolved', 'archived'].includes(alert.status)
      assert.equal(['met', 'missed'].includes(slaState(alert, now)), ended && window !== undefined, `${seed}`)
    }
  }
})

test('a key is what tells alerts apart, whatever their order of fields, and an empty one is refused', () => {
  const seen = { source: 'falco', ruleId: 'shell', assetId: 'a', metadata: { user: 'root', pod: 'x' } }
  assert.equal(keyOf(seen, ['pod', 'user']).key, keyOf(seen, ['user', 'pod', 'user']).key)
  assert.equal(
    keyOf({ ...seen, metadata: { ...seen.metadata, time: 2 } }, ['user']).key,
    keyOf(seen, ['user']).key,
  )
  assert.notEqual(keyOf({ ...seen, assetId: 'b' }).key, keyOf(seen).key)
  assert.notEqual(keyOf({ ...seen, sourceRef: '1' }).key, keyOf({ ...seen, sourceRef: '2' }).key)
  assert.equal(keyOf({ ...seen, sourceRef: '1', ruleId: 'x' }).key, keyOf({ ...seen, sourceRef: '1' }).key)
  // No two texts run into one.
  assert.notEqual(
    keyOf({ source: 'a|b', ruleId: 'c', metadata: {} }).key,
    keyOf({ source: 'a', ruleId: 'b|c', metadata: {} }).key,
  )
  for (const empty of [
    { ...seen, source: ' ' },
    { ...seen, sourceRef: '' },
    { ...seen, ruleId: '' },
    { ...seen, ruleId: null },
  ])
    assert.ok(keyOf(empty).refused, JSON.stringify(empty))
  assert.match(keyOf(seen, ['host']).refused!, /host/)
})

test('what comes back within a day of its end opens again, later it has a successor', () => {
  const resolved = { status: 'resolved', resolvedAt: start } as const
  assert.equal(recurrenceOf(undefined, start), 'created')
  assert.equal(recurrenceOf(resolved, after(24 * hour)), 'reopened')
  assert.equal(recurrenceOf(resolved, after(24 * hour + 1)), 'succeeded')
  assert.equal(recurrenceOf(resolved, after(48 * hour), 72), 'reopened')
  assert.equal(recurrenceOf({ ...resolved, status: 'archived' }, after(1)), 'succeeded')
  for (const status of ['open', 'acknowledged', 'in_progress', 'on_hold', 'suppressed'] as const)
    assert.equal(recurrenceOf({ status, resolvedAt: null }, start), 'repeated')
})

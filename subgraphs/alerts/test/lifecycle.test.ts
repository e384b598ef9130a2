import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judge, type Move, type Moving, moves } from '../rules/lifecycle.ts'
import { dues, inForce } from '../rules/sla.ts'
import { type AlertStatus, statuses, verdicts } from '../tables.ts'

const at = new Date('2026-01-03T12:00:00Z')
const before = new Date('2026-01-02T12:00:00Z')
const who = { by: 'ada', at }

const alertOf = (status: AlertStatus, more: Partial<Moving> = {}): Moving => ({
  ...{ severity: 'high', status, verdict: null, assigneeId: null, suppressionRuleId: null },
  ...{ acknowledgedAt: null, acknowledgedBy: null, resolvedAt: null, resolvedBy: null, resolutionNote: null },
  ...{ firstResolvedAt: null, heldAt: null, holdUntil: null, holdReason: null, archivedAt: null },
  ...{ reopenCount: 0, slaPausedUntil: null, slaPausedMs: 0, ...dues('high', before) },
  ...(status === 'resolved'
    ? { verdict: 'benign' as const, resolvedAt: before, firstResolvedAt: before }
    : {}),
  ...(status === 'suppressed' ? { suppressionRuleId: 'rule' } : {}),
  ...more,
})
const full: Omit<Move, 'to'> = {
  verdict: 'benign',
  reason: 'waits',
  holdUntil: new Date('2026-01-04T12:00:00Z'),
  ruleId: 'rule',
  ruleEnded: true,
}
const codeOf = (alert: Moving, move: Move) => judge(alert, move, who).refusal?.code ?? null

// The table as it is agreed on, by hand.
const table: Record<AlertStatus, string> = {
  open: 'acknowledged in_progress suppressed resolved',
  acknowledged: 'in_progress on_hold suppressed resolved open',
  in_progress: 'on_hold resolved acknowledged',
  on_hold: 'in_progress resolved',
  suppressed: 'open',
  resolved: 'open archived',
  archived: '',
}

test('an alert goes where the table says, and nowhere else', () => {
  for (const from of statuses)
    for (const to of statuses) {
      const wanted = table[from].split(' ').includes(to) ? null : 'ILLEGAL_TRANSITION'
      assert.equal(codeOf(alertOf(from), { ...full, to }), wanted, `${from} to ${to}`)
    }
  assert.deepEqual(Object.keys(moves).sort(), [...statuses].sort())
})

test('the guards: a verdict, a reason and a time to come, a rule and its end', () => {
  for (const from of ['open', 'acknowledged', 'in_progress', 'on_hold'] as const) {
    const { refusal } = judge(alertOf(from), { to: 'resolved' }, who)
    assert.deepEqual([refusal?.code, refusal?.field], ['VALIDATION_ERROR', 'verdict'])
    for (const verdict of verdicts) assert.equal(codeOf(alertOf(from), { to: 'resolved', verdict }), null)
  }
  const hold = (more: Partial<Move>) =>
    judge(alertOf('acknowledged'), { ...full, to: 'on_hold', ...more }, who).refusal?.field
  assert.equal(hold({ reason: ' ' }), 'reason')
  assert.equal(hold({ holdUntil: at }), 'holdUntil')
  assert.equal(hold({ holdUntil: null }), 'holdUntil')
  assert.equal(hold({ holdUntil: new Date('2027-01-04T12:00:00Z') }), 'holdUntil')
  assert.equal(hold({}), undefined)
  assert.equal(codeOf(alertOf('open'), { to: 'suppressed' }), 'ILLEGAL_TRANSITION')
  assert.equal(codeOf(alertOf('suppressed'), { to: 'open' }), 'ILLEGAL_TRANSITION')
})

test('the first acknowledgement counts, and an assignee stays', () => {
  const first = judge(alertOf('open'), { to: 'acknowledged' }, who).change!
  assert.deepEqual([first.acknowledgedAt, first.acknowledgedBy, first.assigneeId], [at, 'ada', 'ada'])
  const seen = alertOf('open', { acknowledgedAt: before, acknowledgedBy: 'grace', assigneeId: 'grace' })
  for (const to of ['acknowledged', 'in_progress'] as const) {
    const again = judge(seen, { to }, who).change!
    assert.deepEqual(
      [again.acknowledgedAt, again.acknowledgedBy, again.assigneeId],
      [before, 'grace', 'grace'],
    )
  }
  assert.equal(judge(alertOf('open'), { to: 'in_progress' }, who).change!.assigneeId, 'ada')
})

test('a reopened alert forgets what it was said to be, and when it was first resolved it keeps', () => {
  const { change } = judge(alertOf('resolved', { reopenCount: 2, resolvedBy: 'grace' }), { to: 'open' }, who)
  assert.deepEqual(
    [change!.verdict, change!.resolvedAt, change!.resolvedBy, change!.reopenCount],
    [null, null, null, 3],
  )
  assert.equal(change!.firstResolvedAt, undefined)
})

test('whatever somebody does, the due in force is that of the alert as it is then', () => {
  for (const from of statuses)
    for (const to of moves[from]) {
      const alert = alertOf(from)
      const { change } = judge(alert, { ...full, to }, who)
      const { slaDueAt, slaRiskAt } = change!
      assert.deepEqual({ slaDueAt, slaRiskAt }, inForce({ ...alert, ...change }), `${from} to ${to}`)
    }
})

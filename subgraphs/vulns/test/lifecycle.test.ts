import assert from 'node:assert/strict'
import { test } from 'node:test'
import { severityAt } from '../rules.ts'
import { lacksFor, mayMove, statusAt } from '../rules-lifecycle.ts'
import { type Status, statuses } from '../tables.ts'

const expected: Record<Status, Status[]> = {
  open: ['confirmed', 'in_remediation', 'false_positive', 'not_affected', 'resolved'],
  confirmed: ['in_remediation', 'not_affected', 'resolved'],
  in_remediation: ['confirmed', 'resolved'],
  risk_accepted: ['resolved'],
  false_positive: ['open'],
  not_affected: ['open'],
  resolved: ['open'],
}

test('people move findings along these ways and no others', () => {
  for (const from of statuses)
    assert.deepEqual(
      statuses.filter((to) => mayMove(from, to)),
      statuses.filter((to) => expected[from].includes(to)),
      from,
    )
})

test('each step asks for what it needs', () => {
  const nobody = { assigneeId: null, ticketUrl: null }
  const lacks = (to: Status, said: object, standing = nobody) => lacksFor('open', to, said, standing)?.field
  assert.equal(lacks('false_positive', {}), 'reason')
  assert.equal(lacks('false_positive', { reason: '  ' }), 'reason')
  assert.equal(lacks('false_positive', { reason: 'a test file' }), undefined)
  assert.equal(lacks('not_affected', { reason: 'why' }), 'justification')
  assert.equal(lacks('not_affected', { justification: 'code_not_present' }), 'reason')
  assert.equal(lacks('not_affected', { justification: 'code_not_present', reason: 'why' }), undefined)
  assert.equal(lacks('in_remediation', {}), 'assigneeId')
  for (const said of [{ assigneeId: 'x' }, { ticketUrl: 'https://x.example' }])
    assert.equal(lacks('in_remediation', said), undefined)
  for (const standing of [
    { ...nobody, assigneeId: 'x' },
    { ...nobody, ticketUrl: 'https://x.example' },
  ])
    assert.equal(lacks('in_remediation', {}, standing as never), undefined)
  assert.equal(lacks('resolved', {}), 'resolution')
  for (const resolution of ['asset_retired', 'withdrawn'])
    assert.equal(lacks('resolved', { resolution }), 'resolution')
  assert.equal(lacks('resolved', { resolution: 'fixed' }), undefined)
  assert.equal(lacks('confirmed', {}), undefined)
})

test('what was accepted, or said of a severity, holds as long as was said', () => {
  const at = (hour: number) => new Date(Date.UTC(2026, 0, 1, hour))
  const accepted = { status: 'risk_accepted', acceptedFrom: at(1), acceptedUntil: at(3) } as const
  assert.deepEqual(
    [0, 1, 2, 3].map((hour) => statusAt(accepted, at(hour))),
    ['confirmed', 'risk_accepted', 'risk_accepted', 'confirmed'],
  )
  assert.equal(statusAt({ ...accepted, status: 'open' }, at(2)), 'open')
  const overridden = { severity: 'high', severityOverride: 'low', overrideUntil: at(3) } as const
  assert.deepEqual(
    [2, 3].map((hour) => severityAt(overridden, at(hour))),
    ['low', 'high'],
  )
  assert.equal(severityAt({ ...overridden, overrideUntil: null }, at(9)), 'low')
  assert.equal(severityAt({ ...overridden, severityOverride: null }, at(1)), 'high')
})

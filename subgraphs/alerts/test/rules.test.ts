import assert from 'node:assert/strict'
import { test } from 'node:test'
import { acknowledgement } from '../rules.ts'
import { statuses } from '../tables.ts'

const at = new Date('2026-01-03T12:00:00Z')
const before = new Date('2026-01-02T12:00:00Z')
const open = { status: 'open', acknowledgedAt: null, assigneeId: null } as const

test('an open alert is acknowledged, and belongs to who did it', () => {
  assert.deepEqual(acknowledgement(open, { by: 'ada', at }), {
    status: 'acknowledged',
    acknowledgedAt: at,
    assigneeId: 'ada',
  })
})

test('the first acknowledgement counts, and an assignee stays', () => {
  const again = { ...open, acknowledgedAt: before, assigneeId: 'grace' }
  assert.deepEqual(acknowledgement(again, { by: 'ada', at }), {
    status: 'acknowledged',
    acknowledgedAt: before,
    assigneeId: 'grace',
  })
})

test('no other status allows it', () => {
  for (const status of statuses.filter((each) => each !== 'open'))
    assert.equal(acknowledgement({ ...open, status }, { by: 'ada', at }), null, status)
})

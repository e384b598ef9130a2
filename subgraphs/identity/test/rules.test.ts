import assert from 'node:assert/strict'
import { test } from 'node:test'
import { invitationState, membership, normalEmail } from '../rules.ts'

test('an e-mail is the same in any case and with spaces around it', () => {
  assert.equal(normalEmail(' A@B.Example\n'), 'a@b.example')
})

test('one enters what was asked for, else the first; and nothing one does not belong to', () => {
  const [first, second] = ['1', '2'].map((organizationId) => ({ organizationId, disabledAt: null }))
  assert.equal(membership([first!, second!], null), first)
  assert.equal(membership([first!, second!], '2'), second)
  assert.equal(membership([first!], '2'), null)
  assert.equal(membership([], null), null)
  const left = { ...first!, disabledAt: new Date() }
  assert.equal(membership([left, second!], null), second)
  assert.equal(membership([left], '1'), null)
})

test('an invitation is pending until it is accepted, taken back, or its time is up', () => {
  const now = new Date('2026-01-02T00:00:00Z')
  const open = { acceptedAt: null, revokedAt: null, expiresAt: new Date(now.getTime() + 1) }
  assert.equal(invitationState(open, now), 'pending')
  assert.equal(invitationState({ ...open, expiresAt: now }, now), 'expired')
  assert.equal(invitationState({ ...open, revokedAt: now }, now), 'revoked')
  assert.equal(invitationState({ ...open, acceptedAt: now, expiresAt: now }, now), 'accepted')
})

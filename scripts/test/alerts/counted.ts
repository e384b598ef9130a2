/** How repeats count, and what was counted at a time. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { admin, ask, codeOf, hour, minute, now, one, reported, resolve, wait } from './house.ts'

test('an organization says how repeats of a rule count, once it has seen what that makes', async () => {
  const of = (user: string) => ({ ruleId: 'login', metadata: { user } })
  await reported('idp', { ...of('ann'), sourceRef: '1' }, { ...of('ben'), sourceRef: '2' })
  const rule = { source: 'idp', ruleId: 'login', windowHours: 48, groupingFields: ['user'] }
  const { body } = await admin.graphql(
    'query ($input: PreviewRecurrenceInput!) { previewRecurrence(input: $input) { alerts groups refused } }',
    { input: rule },
  )
  assert.deepEqual(body.data.previewRecurrence, { alerts: 2, groups: 2, refused: 0 })
  const set = (expectedGroups: number) =>
    ask(admin, 'setRecurrenceRule', { ...rule, expectedGroups }, 'recurrenceRule { id }')
  assert.equal(codeOf(await set(7)), 'CONFLICT')
  const inRest = { source: 'idp', rule_id: 'login', window_hours: 48, grouping_fields: ['user'] }
  const tried = await admin.rest('POST', '/recurrence-rules/preview', inRest)
  assert.deepEqual(tried.body.data, { alerts: 2, groups: 2, refused: 0 })
  const saved = await admin.rest('POST', '/recurrence-rules', { ...inRest, expected_groups: 2 })
  assert.deepEqual([saved.status, saved.body.data.window_hours], [201, 48])
  const { id } = saved.body.data
  const [ann, ben, again, nobody] = await reported('idp', of('ann'), of('ben'), of('ann'), {
    ruleId: 'login',
  })
  assert.deepEqual(
    [ann, ben, again, nobody].map((each) => each!.outcome),
    ['CREATED', 'CREATED', 'REPEATED', 'REFUSED'],
  )
  await resolve(ann!.alertId)
  wait(40 * hour)
  assert.equal((await one('idp', of('ann'))).outcome, 'REOPENED')
  const ended = await admin.rest('DELETE', `/recurrence-rules/${id}`)
  assert.equal(ended.body.data.ended_at, now.toISOString())
  const active = await admin.rest('GET', '/recurrence-rules?is_active=true')
  assert.equal(active.body.data.pagination.total, 0)
  assert.equal((await one('idp', of('ann'))).outcome, 'CREATED', 'by its rule and asset alone again')
})

test('what was counted at a time can be counted again as of then', async () => {
  const stats = async (asOf?: string) => {
    const text =
      'query ($asOf: DateTime) { alertStats(asOf: $asOf) { total open bySeverity { key count } byStatus { key count } } }'
    return (await admin.graphql(text, { asOf })).body.data.alertStats
  }
  const taken: [string, unknown][] = []
  const take = async () => {
    taken.push([now.toISOString(), await stats()])
    wait(minute)
  }
  // As soon as it is known when: what was there before the clock of this test came with the demo.
  await take()
  const severities = ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW', 'INFO']
  let lot = 7
  const pick = <Of>(of: readonly Of[]): Of => {
    lot = (lot * 1_103_515_245 + 12_345) % 2_147_483_648
    return of[Math.floor((lot / 2_147_483_648) * of.length)]!
  }
  const expiresAt = () => new Date(now.getTime() + pick([2, 5, 9]) * minute).toISOString()
  const ids: string[] = []
  for (let step = 0; step < 14; step++) {
    const items = await reported(
      'past',
      ...Array.from({ length: 3 }, () => ({
        sourceRef: `p-${pick([...Array(12).keys()])}`,
        severity: pick(severities),
      })),
    )
    ids.push(...items.map(({ alertId }) => alertId))
    const id = pick(ids)
    const all: [string, object, string][] = [
      ['acknowledgeAlert', { id }, 'alert { id }'],
      ['startAlert', { id }, 'alert { id }'],
      ['resolveAlert', { id, verdict: 'BENIGN' }, 'alert { id }'],
      ['reopenAlert', { id }, 'alert { id }'],
      [
        'createSuppressionRule',
        { name: 'p', reason: 'p', expiresAt: expiresAt(), filter: { source: ['past'] }, applyToOpen: true },
        'suppressionRule { id }',
      ],
    ]
    // What the state of the alert does not allow is refused, and changes nothing.
    await ask(admin, ...pick(all))
    await take()
  }
  for (const [at, counted] of taken) assert.deepEqual(await stats(at), counted, at)
  assert.ok(
    new Set(taken.map(([, counted]) => JSON.stringify(counted))).size > 8,
    'they were not all the same',
  )
})

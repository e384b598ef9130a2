/** The house of these tests, its clock, and the words in which they ask it. */
import assert from 'node:assert/strict'
import { after, before } from 'node:test'
import { type Answer, openTestHouse, type TestHouse, type Visitor } from '../../test-house.ts'
import { type Owner, openOwner } from '../owner.ts'

export const minute = 60_000
export const hour = 60 * minute
export const day = 24 * hour

export let house: TestHouse
export let owner: Owner
export let admin: Visitor
export let key: Visitor
// Later than the demo, whenever this runs.
export let now = new Date(Math.ceil(Date.now() / day + 1) * day)
export const wait = (ms: number) => {
  now = new Date(now.getTime() + ms)
}

before(async () => {
  house = await openTestHouse({}, { clock: () => now })
  owner = await openOwner(house)
  admin = await house.as('admin@acme.example')
  const { body } = await admin.rest('POST', '/api-keys', { name: 'sensor', scopes: ['alerts:write'] })
  key = house.visitor(body.data.key)
})
after(() => house?.close())

export const codeOf = ({ body }: Answer): string | null => body.errors?.[0]?.extensions.code ?? null
export const fieldOf = ({ body }: Answer): string | undefined =>
  body.errors?.[0]?.extensions.details?.[0]?.field
const titled = (type: string) => `${type[0]!.toUpperCase()}${type.slice(1)}Input`
export const ask = (visitor: Visitor, mutation: string, input: object, selection: string) =>
  visitor.graphql(`mutation ($input: ${titled(mutation)}!) { ${mutation}(input: $input) { ${selection} } }`, {
    input,
  })
export async function did(mutation: string, input: object, selection: string) {
  const { body } = await ask(admin, mutation, input, selection)
  assert.equal(body.errors, undefined, JSON.stringify(body.errors))
  return body.data[mutation]
}
export type Item = { outcome: string; alertId: string; message: string | null }
export const report = { severity: 'HIGH', title: 'Seen' }

export async function reported(source: string, ...alerts: object[]): Promise<Item[]> {
  const input = { source, alerts: alerts.map((each) => ({ ...report, ...each })) }
  const { body } = await ask(key, 'ingestAlerts', input, 'items { outcome alertId message }')
  assert.equal(body.errors, undefined, JSON.stringify(body.errors))
  return body.data.ingestAlerts.items
}
export const one = async (source: string, alert: object) => (await reported(source, alert))[0]!
export const fields = `id status verdict slaState occurrenceCount reopenCount lastSeenAt previousAlert { id } ackDueAt
  assignee { email } suppressedBy { id } incident { id }`
export const read = async (id: string) =>
  (await admin.graphql(`query ($id: ID!) { alert(id: $id) { ${fields} } }`, { id })).body.data.alert
export const resolve = (id: string) => did('resolveAlert', { id, verdict: 'BENIGN' }, 'alert { id }')

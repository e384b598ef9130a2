import { type GraphQLSchema, getNamedType, isObjectType, OperationTypeNode } from 'graphql'
import { leaksIn } from './canary.ts'
import { type Document, documentFor } from './documents.ts'
import { attacksOf, covered, valuesFor } from './graph.ts'
import type { Ledger } from './ledger.ts'
import { namesOf } from './names.ts'
import { type Principal, principals } from './principals.ts'
import type { Scratch, Tenant } from './scratch.ts'

export type Listener = { heard: string[]; close(): void }
const kind = 'subscriptions'
const longestWaitMs = 5_000

/** Over an event stream; resolves when the subscription stands, or is refused. */
export async function streamed(url: string, token: string | null, body: string): Promise<Listener> {
  const controller = new AbortController()
  const heard: string[] = []
  const response = await fetch(`${url}/graphql/stream`, {
    method: 'POST',
    signal: controller.signal,
    body,
    headers: {
      accept: 'text/event-stream',
      'content-type': 'application/json',
      ...(token && { authorization: `Bearer ${token}` }),
    },
  })
  const reading = async () => {
    const decoder = new TextDecoder()
    for await (const chunk of response.body!) {
      const text = decoder.decode(chunk, { stream: true })
      if (text.includes('data: {')) heard.push(text)
    }
  }
  reading().catch(() => {})
  return { heard, close: () => controller.abort() }
}

/** Over a socket, which says nothing of a subscription that stands: an answer that comes after it does. */
async function socketed(url: string, token: string | null, payload: string): Promise<Listener> {
  const headers = token ? { authorization: `Bearer ${token}` } : {}
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, {
    protocols: 'graphql-transport-ws',
    headers,
  } as never)
  const heard: string[] = []
  const ready = Promise.withResolvers<void>()
  const ping = '{"query":"{ __typename assets(first: 1) { totalCount { count } } }"}'
  let asked = 0
  const ask = () => socket.send(`{"id":"ask${asked++}","type":"subscribe","payload":${ping}}`)
  socket.addEventListener('open', () => socket.send('{"type":"connection_init"}'))
  socket.addEventListener('close', () => ready.resolve())
  socket.addEventListener('error', () => ready.resolve())
  socket.addEventListener('message', ({ data }) => {
    const text = String(data)
    const { type, id } = JSON.parse(text) as { type: string; id?: string }
    if (type === 'connection_ack') {
      socket.send(`{"id":"live","type":"subscribe","payload":${payload}}`)
      ask()
    } else if (id !== 'live' && type === 'complete') asked < 3 ? ask() : ready.resolve()
    else if (id === 'live' && type === 'next') heard.push(text)
  })
  await ready.promise
  return { heard, close: () => socket.close() }
}

async function until(check: () => boolean): Promise<boolean> {
  for (const from = Date.now(); Date.now() - from < longestWaitMs; ) {
    if (check()) return true
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return check()
}

/** Rows as they were planted: what has been done once can be done again. */
async function restored({ query, relations }: Scratch, rows: Tenant['rows']): Promise<void> {
  for (const { name, tenant, columns } of relations) {
    const row = rows.get(name)
    if (tenant !== 'organization_id' || !row?.id) continue
    const free = columns.filter(
      ({ name: column, isGenerated }) => !isGenerated && column !== 'id' && column !== tenant,
    )
    const names = free.map(({ name: column }) => `"${column}"`).join(', ')
    await query(
      `update ${name} t set (${names}) = (select ${names} from jsonb_populate_record(null::${name}, $1))
        where t.organization_id = $2 and t.id = $3`,
      [JSON.stringify(row), row.organization_id, row.id],
    ).catch(() => {})
  }
}

/** A tenant does to its own things whatever a mutation lets it do. */
async function act(scratch: Scratch, schema: GraphQLSchema, tenant: Tenant, rows: Tenant['rows']) {
  await restored(scratch, rows)
  const names = namesOf(scratch)
  for (const { document, noun, kind } of attacksOf(schema, OperationTypeNode.MUTATION)) {
    if (kind !== 'mutations') continue
    const { ours } = valuesFor(names, noun, { ...tenant, rows })
    await scratch.client.graphql(await scratch.as('admin', tenant), document.query, document.variables(ours))
  }
}

/** What happens to the victim is told to nobody else; then something happens to the attacker, who hears that. */
export async function attackLive(scratch: Scratch, schema: GraphQLSchema, ledger: Ledger): Promise<void> {
  const { house, victim, attacker, named, secrets } = scratch
  const root = schema.getSubscriptionType()
  const names = namesOf(scratch)
  const documents: [name: string, document: Document][] = Object.values(root?.getFields() ?? {}).flatMap(
    (field) => {
      const end = getNamedType(field.type)
      if (!isObjectType(end)) return []
      const steps = [{ parent: root!.name, field }]
      return [[field.name, documentFor({ root: OperationTypeNode.SUBSCRIPTION, steps }, end)]]
    },
  )
  const payloadOf = ({ query, variables }: Document) =>
    JSON.stringify({ query, variables: variables(valuesFor(names, 'x', attacker).theirs) })
  const doors = { 'an event stream': streamed, 'a socket': socketed }
  const listening: { name: string; how: string; principal: Principal; of: Listener }[] = []
  const own: Listener[] = []
  for (const [name, document] of documents) {
    for (const principal of principals)
      for (const [how, open] of Object.entries(doors)) {
        const of = await open(house.url, await scratch.as(principal), payloadOf(document))
        listening.push({ name, how, principal, of })
        ledger.attacked(kind, name)
        covered(ledger, document)
      }
    own.push(await streamed(house.url, await scratch.as('admin', victim), payloadOf(document)))
  }
  await act(scratch, schema, victim, named)
  const isHeard = await until(() => own.some(({ heard }) => heard.some((text) => text.includes('"data":{'))))
  if (!isHeard) ledger.leak(kind, 'all', 'the victim hears nothing of itself', [])
  const before = new Map(listening.map(({ of }) => [of, of.heard.length]))
  // Whatever was on its way has come when something later does.
  await act(scratch, schema, attacker, attacker.rows)
  const admins = listening.filter(({ principal }) => principal === 'admin')
  await until(() => admins.every(({ of }) => of.heard.some((text) => text.includes('"data":{'))))
  const victims = [...named.values()].map((row) => String(row.id))
  for (const { name, how, principal, of } of listening) {
    const foreign = of.heard.slice(0, before.get(of)).filter((text) => text.includes('"data":'))
    const text = of.heard.join('\n')
    const leaked = [
      ...leaksIn(text, secrets),
      ...victims.filter((id) => text.includes(id)).map(() => 'an id'),
    ]
    const told = foreign.length > 0 ? ['that something happened'] : []
    if (leaked.length + told.length > 0)
      ledger.leak(kind, name, `by ${how}, as ${principal}`, [...leaked, ...told])
    ledger.control(kind, of.heard.length)
  }
  for (const { close } of [...own, ...listening.map(({ of }) => of)]) close()
}

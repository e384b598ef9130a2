/** Attacks that are drawn by lot: who, as whom, what, which id at which place, and through which door. */
import { type GraphQLSchema, OperationTypeNode } from 'graphql'
import { leaksIn, type Secrets } from './canary.ts'
import { each } from './client.ts'
import type { Document, Values } from './documents.ts'
import { attacksOf } from './graph.ts'
import { type Listener, streamed } from './live.ts'
import { namesOf } from './names.ts'
import { type Principal, principals } from './principals.ts'
import type { Scratch, Tenant } from './scratch.ts'

export type Drawn = {
  attacks: number
  byDoor: Record<string, number>
  /** Refusals for want of a permission. */
  forbidden: number
  /** What the same questions showed to whose things they are. */
  control: number
  leaks: string[]
}
type Side = { from: Tenant; to: Tenant; secrets: Secrets }
type Ask = {
  door: string
  attacks: number
  run(token: string | null): Promise<string>
  side: Side
  principal: Principal
}

/** Numbers that look like chance and are the same for the same seed. */
export function lots(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const perDocument = 6
const batches = 40

/** Several documents as one, under aliases and with variables of their own: each of its fields is an attack. */
function together(kind: string, documents: readonly Document[]) {
  const parts = documents.map(({ query, variables }, index) => {
    const from = query.indexOf('{')
    const own = (text: string) => text.replaceAll('$v', `$a${index}v`)
    const declared = /\((.*)\)/.exec(query.slice(0, from))?.[1] ?? ''
    return {
      declared: own(declared),
      body: `a${index}: ${own(query.slice(from + 1, query.lastIndexOf('}'))).trim()}`,
      variables: (values: Values) =>
        Object.fromEntries(
          Object.entries(variables(values)).map(([name, value]) => [`a${index}${name}`, value]),
        ),
    }
  })
  const declarations = parts
    .map(({ declared }) => declared)
    .filter(Boolean)
    .join(', ')
  return {
    query: `${kind} Attack${declarations ? `(${declarations})` : ''} { ${parts.map(({ body }) => body).join('\n')} }`,
    variables: (values: () => Values) => Object.assign({}, ...parts.map((part) => part.variables(values()))),
  }
}

export async function drawAttacks(
  scratch: Scratch,
  schema: GraphQLSchema,
  { seed, count }: { seed: number; count: number },
): Promise<Drawn> {
  const { client, attacker, victim, secrets, named, routes, house } = scratch
  const lot = lots(seed)
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(lot() * items.length)]!
  const sides: Side[] = [
    { from: attacker, to: victim, secrets },
    { from: victim, to: attacker, secrets: { canaries: attacker.canaries, ids: new Map() } },
  ]
  const idsOf = (rows: Tenant['rows']) =>
    [...rows.values()].flatMap(({ id }) => (typeof id === 'string' ? [id] : []))
  const ids = new Map([
    [victim, idsOf(named)],
    [attacker, idsOf(attacker.rows)],
  ])
  const names = namesOf(scratch)
  const values = ({ to }: Side): Values => {
    const id = lot() < 0.9 ? pick(ids.get(to)!) : names.absent
    const { prefix } = to.canaries
    return { id: () => id, text: (name) => (/email/i.test(name) ? `${prefix}@example.test` : prefix) }
  }
  const roots = attacksOf(schema, OperationTypeNode.QUERY).filter(
    ({ name, isWide, document }) => isWide || (name.includes('Filter.') && document.query.length < 2_000),
  )
  const mutations = attacksOf(schema, OperationTypeNode.MUTATION).filter(
    ({ kind, document }) =>
      kind === 'mutations' &&
      document.covers.some((each) => each.endsWith('(input)')) &&
      !/signIn|refreshSession|signOut|setPassword/.test(document.query),
  )
  const some = (of: typeof roots) => Array.from({ length: perDocument }, () => pick(of).document)
  const questions = Array.from({ length: batches }, () => together('query', some(roots)))
  const changes = Array.from({ length: batches / 4 }, () => together('mutation', some(mutations)))
  const [live] = attacksOf(schema, OperationTypeNode.SUBSCRIPTION)
  const gets = routes.filter(({ method, url }) => method === 'GET' && url.startsWith('/api/v1'))

  const drawn = (): Ask => {
    const side = pick(sides)
    const principal = pick(principals)
    const chance = lot()
    const of = { side, principal }
    if (chance < 0.6) {
      const { query, variables } = pick(questions)
      const given = variables(() => values(side))
      return {
        ...of,
        door: 'graph',
        attacks: perDocument,
        run: async (token) => (await client.graphql(token, query, given)).text,
      }
    }
    if (chance < 0.7) {
      const { query, variables } = pick(changes)
      const given = variables(() => values(side))
      return {
        ...of,
        door: 'mutations',
        attacks: perDocument,
        run: async () => (await client.graphql(await scratch.as(principal, side.from), query, given)).text,
      }
    }
    if (chance < 0.97 || !live) {
      const path = pick(gets).url.replace(/:\w+/g, values(side).id(''))
      const headers: Record<string, string> = lot() < 0.1 ? { 'x-tenant-id': side.to.id } : {}
      return {
        ...of,
        door: 'rest',
        attacks: 1,
        run: async (token) => (await client.ask({ path, token, headers })).text,
      }
    }
    return {
      ...of,
      door: 'subscription',
      attacks: 1,
      run: async () => {
        await house.surroundings.events.publish(side.to.id, 'alert.acknowledged', {
          alertId: values(side).id(''),
        })
        return ''
      },
    }
  }

  const asks: Ask[] = []
  for (let attacks = 0; attacks < count; attacks += asks.at(-1)!.attacks) asks.push(drawn())
  // They listen all the while, to what happens to the others.
  const listening: { side: Side; principal: Principal; of: Listener }[] = []
  for (const side of live ? sides : [])
    for (const principal of principals) {
      const { query, variables } = live!.document
      const body = JSON.stringify({ query, variables: variables(values(side)) })
      listening.push({
        side,
        principal,
        of: await streamed(house.url, await scratch.as(principal, side.from), body),
      })
    }
  const result: Drawn = { attacks: 0, byDoor: {}, forbidden: 0, control: 0, leaks: [] }
  for (const { query, variables } of questions.slice(0, 5)) {
    const { text } = await client.graphql(
      await scratch.staying('admin', victim),
      query,
      variables(() => values(sides[0]!)),
    )
    result.control += leaksIn(text, secrets).length
  }
  await each(asks, async ({ door, attacks, run, side, principal }) => {
    const text = await run(await scratch.staying(principal, side.from))
    result.attacks += attacks
    result.byDoor[door] = (result.byDoor[door] ?? 0) + attacks
    result.forbidden += text.split('"FORBIDDEN"').length - 1
    const leaked = leaksIn(text, side.secrets)
    if (leaked.length > 0)
      result.leaks.push(`${door}, ${side.from.slug} as ${principal}: ${leaked.join(', ')}`)
  })
  for (const { side, principal, of } of listening) {
    of.close()
    // Each side hears of itself, as the attacks of the other happen to it; of the other, nothing.
    const leaked = leaksIn(of.heard.join(), side.secrets)
    if (leaked.length > 0)
      result.leaks.push(`subscription, ${side.from.slug} as ${principal}: ${leaked.join(', ')}`)
    result.control += of.heard.length
  }
  return result
}

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { root } from '#kit/register.ts'
import { leaksIn } from './canary.ts'
import { connections, each } from './client.ts'
import type { Ledger } from './ledger.ts'
import type { Scratch } from './scratch.ts'

const kind = 'caches'
const rooms = ['kit', 'gateway', 'subgraphs']
const always = new Set(['LRUCache', 'WeakMap', 'DataLoader'])
const longLived = new Set(['Map', 'Set', 'WeakSet'])
/** What lives as long as who calls these, and not only for one call. */
const makers = /^(create|open|start|remembered|reader|make|internal)/

/**
 * Everything in the source that may remember across requests: caches, loaders, and maps that stand in a module or in
 * a function that makes something which stays.
 */
export function cachesIn(folder: string): string[] {
  const found: string[] = []
  for (const room of rooms)
    for (const file of readdirSync(join(folder, room), { recursive: true }) as string[]) {
      if (!file.endsWith('.ts') || /(^|\/)test\/|\.test\.ts$|federation\/compile/.test(file)) continue
      const path = `${room}/${file}`
      const source = ts.createSourceFile(
        path,
        readFileSync(join(folder, path), 'utf8'),
        ts.ScriptTarget.Latest,
        true,
      )
      const visit = (node: ts.Node, of: string[]): void => {
        const inside = ts.isFunctionDeclaration(node)
          ? [...of, node.name?.text ?? '']
          : ts.isArrowFunction(node)
            ? [...of, '']
            : of
        if (ts.isNewExpression(node)) {
          const name = node.expression.getText(source)
          const stays = of.length === 0 || (of.length === 1 && makers.test(of[0]!))
          const line = source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1
          const isEmpty = (node.arguments?.length ?? 0) === 0
          if (always.has(name) || (longLived.has(name) && stays && isEmpty))
            found.push(`${path}:${line} ${name}`)
        }
        ts.forEachChild(node, (child) => visit(child, inside))
      }
      visit(source, [])
    }
  return found
}

const operations = [
  '{ assets(first: 10) { totalCount { count } edges { cursor node { id name metadata openVulnerabilityCount alerts(first: 2) { edges { node { id title } } } } } } }',
  '{ vulnerabilities(first: 10) { edges { node { id title component { name } asset { id name } } } } }',
  '{ me { id email organization { id name slug } } users(first: 10) { edges { node { id email } } } }',
  '{ alerts(first: 10) { edges { node { id title assignee { email } } } } connectors(first: 10) { edges { node { id name runs { key count } } } } }',
  '{ assetStats { total } alertStats { total } vulnerabilityStats { total } posture { passed failed } }',
  '{ reports(first: 10) { edges { node { id requestedBy { email } } } } importRuns(first: 10) { edges { node { id fileName } } } }',
]

/**
 * Two tenants ask the same at the same time, again and again: each is answered as when they ask alone. Whatever
 * remembers, or shares what is under way, has both of them in it.
 */
export async function attackCaches(
  scratch: Scratch,
  ledger: Ledger,
  interleaved = scratch.attackers.interleaved,
): Promise<void> {
  const { client, attacker, owner, secrets } = scratch
  const caches = cachesIn(root)
  ledger.open(kind, 'kit, gateway and subgraphs: what may remember across requests', caches)
  const tokens = { attacker: await scratch.as('admin', attacker), victim: owner }
  const alone = new Map<string, string>()
  for (const query of operations)
    for (const [who, token] of Object.entries(tokens)) {
      const { text } = await client.graphql(token, query)
      alone.set(`${who}${query}`, text)
      if (who === 'victim') ledger.control(kind, leaksIn(text, secrets).length)
    }
  const asked = Array.from({ length: interleaved }, (_, index) => ({
    who: (index % 2 === 0 ? 'attacker' : 'victim') as keyof typeof tokens,
    query: operations[Math.floor(index / (connections / 2)) % operations.length]!,
  }))
  const crossed = new Map<string, Set<string>>()
  await each(asked, async ({ who, query }) => {
    const { text } = await client.graphql(tokens[who], query)
    if (text === alone.get(`${who}${query}`)) return
    const places = crossed.get(who) ?? new Set()
    for (const place of leaksIn(text, secrets)) places.add(place)
    places.add('an answer that is not the own one')
    crossed.set(who, places)
  })
  for (const [who, places] of crossed)
    ledger.leak(kind, 'asked at the same time', `the same question as the ${who}`, [...places].slice(0, 20))
  // What is remembered for members is not for somebody who has not come in, nor for others of the attacker's.
  for (const who of ['anonymous', 'viewer', 'api'] as const) {
    const token = await scratch.as(who)
    for (const query of operations) {
      const { text } = await client.graphql(token, query)
      const places = leaksIn(text, secrets)
      if (who === 'anonymous' && /"totalCount":\{|"total":\d/.test(text)) places.push('figures')
      if (places.length > 0) ledger.leak(kind, 'asked after others', `the same question as ${who}`, places)
    }
  }
  for (const name of caches) ledger.attacked(kind, name, interleaved)
}

import type { GraphQLSchema } from 'graphql'
import { z } from 'zod'
import { startImport } from '../../gateway/rest/integrations.ts'
import { downloadReport } from '../../gateway/rest/reports.ts'
import type { Route as Row } from '../../gateway/rest/route.ts'
import { routes as rowsOf } from '../../gateway/rest/routes.ts'
import { leaksIn } from './canary.ts'
import { each } from './client.ts'
import type { Ledger } from './ledger.ts'
import { namesOf, plain } from './names.ts'
import { principals } from './principals.ts'
import type { Scratch } from './scratch.ts'

const kind = 'routes'

type Shape = {
  type?: string
  enum?: string[]
  format?: string
  minimum?: number
  properties?: Record<string, Shape>
  required?: string[]
  items?: Shape
  anyOf?: Shape[]
}

const shapeOf = (type: z.ZodType | undefined): Shape =>
  type ? (z.toJSONSchema(type, { io: 'input', unrepresentable: 'any' }) as Shape) : {}

/** A value of a JSON schema that names what the attacker means. */
function made(shape: Shape, name: string, id: string, text: string): unknown {
  if (shape.anyOf) return made(shape.anyOf[0]!, name, id, text)
  if (shape.enum) return shape.enum[0]
  switch (shape.type) {
    case 'object':
      return Object.fromEntries(
        Object.entries(shape.properties ?? {}).map(([key, of]) => [key, made(of, key, id, text)]),
      )
    case 'array':
      return [made(shape.items ?? {}, name, id, text)]
    case 'integer':
    case 'number':
      return Math.max(shape.minimum ?? 1, 1)
    case 'boolean':
      return true
    default:
      if (/(^|_)id$/.test(name)) return id
      return shape.format === 'email' || name === 'email' ? `${text}@example.test` : text
  }
}

const few = 2
const fewest = ['admin', 'anonymous'] as const
const most = 6

/** Everything that listens, asked as everybody, about things of another tenant. */
export async function attackRoutes(scratch: Scratch, schema: GraphQLSchema, ledger: Ledger): Promise<void> {
  const { routes, client, secrets, victim, house, owner } = scratch
  const own = routes.filter(({ url }) => url !== '/metrics')
  const listed = new Set(own.map(({ method, url }) => `${method} ${url}`))
  ledger.open(kind, 'all routes that the gateway and its metrics register', [
    ...routes.map(({ method, url }) => `${method} ${url}`),
  ])
  const rows = new Map<string, Row>(
    [...rowsOf(schema), startImport, downloadReport].map((row) => [`${row.method} /api/v1${row.path}`, row]),
  )
  const names = namesOf(scratch)
  await each(listed, async (name) => {
    const [method, url] = name.split(' ') as [string, string]
    const row = rows.get(name)
    const noun = (row?.noun ?? row?.operation.match(/\{\s*(\w+)/)?.[1] ?? 'x').replace(/s$/, '')
    const likely = names.like('id', noun)
    const pathFor = (id: string) => url.replace(/:(\w+)/g, id).replace('*', 'x')
    const query = shapeOf(row?.query)
    const body = shapeOf(row?.body)
    const hasId = url.includes(':') || JSON.stringify(body).includes('id"')
    const ask = async (
      token: string | null,
      id: string,
      headers: Record<string, string> = {},
      search = '',
    ) => {
      const sent =
        row && method !== 'GET' && method !== 'HEAD' ? made(body, '', id, secrets.canaries.prefix) : undefined
      const accept: Record<string, string> = url.startsWith('/graphql/stream')
        ? { accept: 'text/event-stream' }
        : {}
      const { status, text } = await client.ask({
        ...{ method, path: `${pathFor(id)}${search}`, token, headers: { ...accept, ...headers } },
        ...(sent !== undefined && { body: JSON.stringify(sent) }),
      })
      return { status, text, plain: `${status} ${plain(text)}` }
    }
    const look = (attack: string, text: string) => {
      ledger.attacked(kind, name)
      const leaked = leaksIn(text, secrets)
      if (leaked.length > 0) ledger.leak(kind, name, attack, leaked)
    }
    if (method === 'GET') ledger.control(kind, leaksIn((await ask(owner, likely)).text, secrets).length)
    for (const principal of method === 'HEAD' ? fewest : principals) {
      // What ends a session must not end that of the next attack.
      const isRead = method === 'GET' || method === 'HEAD'
      const token = () => (isRead ? scratch.staying(principal) : scratch.as(principal))
      const none = await ask(await token(), names.absent)
      look(`with an id of nobody, as ${principal}`, none.text)
      if (hasId) {
        const ids = [likely, ...names.ids.map(([id]) => id)]
        for (const id of ids.slice(0, principal === 'admin' ? most : few)) {
          const theirs = await ask(await token(), id)
          look(`with an id of the victim, as ${principal}`, theirs.text)
          if (theirs.plain !== none.plain)
            ledger.leak(kind, name, `with an id of the victim, as ${principal}`, ['that it is there'])
        }
      }
      const asked = Object.entries(query.properties ?? {}).map(([key, of]) => {
        const value = made(of, key, likely, secrets.canaries.prefix)
        return `?${new URLSearchParams({ [key]: String(value) })}`
      })
      for (const search of principal === 'admin' ? asked : []) {
        const { text } = await ask(await token(), likely, {}, search)
        look(`with ${search}, as ${principal}`, text)
      }
      const { status, text } = await ask(await token(), likely, { 'x-tenant-id': victim.id })
      look(`with the victim in X-Tenant-ID, as ${principal}`, text)
      const isGuarded = row && !row.open && principal !== 'anonymous'
      if (isGuarded && status < 400)
        ledger.leak(kind, name, `with the victim in X-Tenant-ID, as ${principal}`, ['that it counts'])
    }
  })
  // Beside the gateway's, on a port of its own.
  for (const name of new Set(
    routes.filter(({ url }) => url === '/metrics').map(({ method }) => `${method} /metrics`),
  )) {
    const [method] = name.split(' ') as [string]
    const answer = await fetch(`${house.metricsUrl}/metrics`, { method })
    ledger.attacked(kind, name)
    const leaked = leaksIn(await answer.text(), secrets)
    if (leaked.length > 0) ledger.leak(kind, name, 'as anybody', leaked)
  }
}

import assert from 'node:assert/strict'
import { tmpdir } from 'node:os'
import { setImmediate as turn } from 'node:timers/promises'
import { decodeJwt, SignJWT } from 'jose'
import { Pool } from 'undici'
import { unauthenticated } from '#kit/errors.ts'
import { createLog } from '#kit/log.ts'
import { createMetrics } from '#kit/metrics.ts'
import { createQueue, type Queue } from '#kit/stream.ts'
import { signAccessToken } from '#kit/tokens.ts'
import type { SubgraphResponse } from '#kit/transport.ts'
import { openSocket } from '../../scripts/test/listeners.ts'
import { createGateway } from '../app.ts'
import { collectGarbage } from './garbage.ts'
import { keys, member } from './gateway.ts'
import { compose } from './toy.ts'

export type Reloading = {
  reloads: number
  seconds: number
  requests: number
  /** Requests whose answer was right for neither supergraph. */
  failed: string[]
  /** How often a question was answered by the supergraph that has the field, and by the other. */
  answers: { known: number; unknown: number }
  events: number
  /** What was held once a few supergraphs were replaced, and in the end, in MiB. */
  heapMb: [before: number, after: number]
}

const thing = { id: '1', name: 'a thing', extra: 'more' }
const graph = (extra: string) =>
  compose([
    {
      name: 'things',
      sdl: `type Query { things: [Thing!]! } type Thing @key(fields: "id") { id: ID! }
        type Subscription { changed: Thing }`,
      resolvers: { Query: { things: () => [thing] }, Thing: { __resolveReference: (key: object) => key } },
    },
    {
      name: 'names',
      sdl: `type Thing @key(fields: "id") { id: ID! name: String ${extra} }`,
      resolvers: { Thing: { __resolveReference: () => thing } },
    },
  ])

type Answer = { data?: { things: object[] }; errors?: { extensions: { code: string } }[] }

/**
 * A gateway on a socket that is given two supergraphs in turn, which differ by a field, while clients ask for what
 * both have, for the field, and for what nobody has planned; and while others listen.
 */
export async function reloading(reloads: number, clients: number, listeners: number): Promise<Reloading> {
  const [without, including] = [graph(''), graph('extra: String')]
  const everybody = Promise.withResolvers<void>()
  const upstreams = new Set<Queue<SubgraphResponse>>()
  const stream = async ({ signal }: { signal?: AbortSignal | undefined }) => {
    const queue = createQueue<SubgraphResponse>({ onEnd: () => upstreams.delete(queue) })
    upstreams.add(queue)
    if (upstreams.size === listeners) everybody.resolve()
    signal?.addEventListener('abort', () => void queue.return())
    return queue
  }
  let take: ((supergraphSdl: string) => Promise<void>) | undefined
  const app = await createGateway({
    supergraphSdl: without.supergraphSdl,
    supergraphs: (given) => {
      take = given
      return () => {}
    },
    // What has the field is what is asked: a subgraph is ahead of the supergraph.
    transports: {
      names: async (request) => {
        await turn()
        return including.transports.names!(request)
      },
      things: Object.assign(including.transports.things!, { stream }),
    },
    standing: { session: async (of) => of, key: () => Promise.reject(unauthenticated()) },
    origins: { allows: async () => false },
    keys,
    webFolder: tmpdir(),
    rest: null,
    log: createLog('gateway', 'silent'),
    metrics: createMetrics(),
    ready: async () => ({}),
    production: true,
  })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const pool = new Pool(url, { connections: clients })
  const found: Reloading = {
    reloads,
    seconds: 0,
    requests: 0,
    failed: [],
    answers: { known: 0, unknown: 0 },
    events: 0,
    heapMb: [0, 0],
  }

  const ask = async (query: string): Promise<Answer> => {
    const { body } = await pool.request({
      method: 'POST',
      path: '/graphql',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query }),
    })
    return (await body.json()) as Answer
  }
  const tell = (query: string, answer: Answer, expected: object) => {
    found.requests++
    const [only, ...others] = answer.data?.things ?? []
    if (!answer.errors && others.length === 0 && JSON.stringify(only) === JSON.stringify(expected)) return
    found.failed.push(`${query} ${JSON.stringify(answer)}`)
  }
  const asksExtra = async () => {
    const query = '{ things { name extra } }'
    const answer = await ask(query)
    const isUnknown = answer.errors?.[0]?.extensions.code === 'GRAPHQL_VALIDATION_FAILED'
    found.answers[isUnknown ? 'unknown' : 'known']++
    if (isUnknown) found.requests++
    else tell(query, answer, { name: thing.name, extra: thing.extra })
    return !isUnknown
  }
  let isOver = false
  const client = async (number: number) => {
    for (let index = 0; !isOver; index++) {
      const alias = index % 10 === 0 ? `own${number}_${index}` : 'name'
      const query = `{ things { id ${alias}: name } }`
      if (index % 3 === 0) await asksExtra()
      else tell(query, await ask(query), { id: thing.id, [alias]: thing.name })
    }
  }

  const socket = await openSocket(url, { authorization: `Bearer ${await lasting()}` })
  const heard: number[] = []
  let told = Promise.withResolvers<void>()
  for (let index = 0; index < listeners; index++)
    socket.subscribe(`subscription { changed { name l${index}: id } }`, (event) => {
      assert.deepEqual(event, { data: { changed: { name: thing.name, [`l${index}`]: thing.id } } })
      heard.push(index)
      if (heard.length === listeners) told.resolve()
    })
  const closed = socket.closed.then((code) => Promise.reject(new Error(`The socket was closed: ${code}`)))
  closed.catch(() => {})
  await Promise.race([everybody.promise, closed])
  /** One event is heard by each listener, once. */
  const event = async () => {
    told = Promise.withResolvers()
    heard.length = 0
    for (const upstream of upstreams) {
      const changed = Object.fromEntries(Array.from({ length: listeners }, (_, index) => [`l${index}`, '1']))
      upstream.push({ data: { changed: { __typename: 'Thing', id: '1', ...changed } } })
    }
    await Promise.race([told.promise, closed])
    assert.equal(new Set(heard).size, listeners)
    found.events += heard.length
  }
  const heap = () => {
    // What the subgraphs remember of their callers is none of the gateway's.
    for (const asked of Object.values(including.asked)) asked.length = 0
    collectGarbage()
    return process.memoryUsage().heapUsed / 2 ** 20
  }

  const from = performance.now()
  const asking = Array.from({ length: clients }, (_, number) => client(number))
  try {
    for (let index = 1; index <= reloads; index++) {
      const isKnown = index % 2 === 1
      await take!((isKnown ? including : without).supergraphSdl)
      assert.equal(await asksExtra(), isKnown, `reload ${index}`)
      if (index % 10 === 0) await event()
      if (index === Math.min(20, reloads / 2)) found.heapMb[0] = heap()
    }
    found.heapMb[1] = heap()
  } finally {
    isOver = true
    await Promise.all(asking)
    found.seconds = (performance.now() - from) / 1_000
    socket.close()
    await pool.close()
    await app.close()
  }
  return found
}

/** A token that outlives the reloads; it says that it was issued later. */
const lasting = async () => {
  const { exp, iat, ...claims } = decodeJwt(await signAccessToken(keys, member()))
  return new SignJWT({ ...claims, exp: exp! + 3_600, iat: iat! + 3_600 })
    .setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt', kid: keys.access.id })
    .sign(keys.access.privateKey)
}

import { createHttp, type Http } from './http.ts'
import type { Log } from './log.ts'
import type { Metrics } from './metrics.ts'
import type { OpenSubgraph } from './subgraph.ts'

const mebibyte = 1024 * 1024
// A batch of findings with their descriptions; only services send one, with a token.
const bodyLimit = 32 * mebibyte

type Body = { query?: unknown; variables?: Record<string, unknown>; operationName?: string }

/** A subgraph's own server: POST /graphql for those with an internal token, and its health. */
export function serveSubgraph(subgraph: OpenSubgraph, log: Log, metrics: Metrics): Http {
  const app = createHttp({ log, bodyLimit, metrics })
  app.get('/health/live', async () => ({ status: 'live' }))
  app.get('/health/ready', async (_request, reply) => {
    const ready = await subgraph.check().then(
      () => true,
      () => false,
    )
    return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'unavailable' })
  })
  app.post<{ Body: Body | null }>('/graphql', async (request, reply) => {
    const { query, variables, operationName } = request.body ?? {}
    const token = request.headers.authorization?.replace(/^Bearer /, '') ?? ''
    const answer = await subgraph.answer({
      query: typeof query === 'string' ? query : '',
      variables,
      operationName,
      token,
      requestId: request.id,
    })
    const refused = answer.errors?.[0]?.extensions?.code === 'UNAUTHENTICATED' && answer.data === undefined
    return reply.code(refused ? 401 : 200).send(answer)
  })
  return app
}

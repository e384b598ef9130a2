import Fastify from 'fastify'
import { Pool } from 'undici'
import { operations } from '../graph.ts'
import { type Start, serveAsPeer } from '../peer.ts'

type Row = Record<string, unknown> & { id: string }
type Answer = { data: { _entities: Row[]; alerts: Row[]; assets: Row[]; start: Row } }

/** The same calls as somebody would write them by hand for these operations alone: no schema, no plan, no checks. */
function stitched({ urls }: Start): Record<string, (of: { page: number }) => Promise<unknown>> {
  const asking = (name: string) => {
    const target = new URL(urls[name]!)
    const pool = new Pool(target.origin, { connections: 64 })
    return async (query: string, variables?: object): Promise<Answer['data']> => {
      const { body } = await pool.request({
        method: 'POST',
        path: target.pathname,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query, variables }),
      })
      return ((await body.json()) as Answer).data
    }
  }
  const [alerts, assets, vulns] = ['alerts', 'assets', 'vulns'].map(asking) as [
    ReturnType<typeof asking>,
    ReturnType<typeof asking>,
    ReturnType<typeof asking>,
  ]
  const entities = (fields: string) =>
    `query ($representations: [_Any!]!) { _entities(representations: $representations) { ${fields} } }`
  const keys = (ids: Iterable<string>) => ({
    representations: Array.from(ids, (id) => ({ __typename: 'Asset', id })),
  })

  const hop = async (ask: ReturnType<typeof asking>, letter: string, id: string, fields: string) =>
    (
      await ask(entities(`... on Hop${letter} { ${fields} }`), {
        representations: [{ __typename: `Hop${letter}`, id }],
      })
    )._entities[0]!
  const next = (of: Row) => of.next as Row

  return {
    [operations.list1]: (variables) =>
      alerts(
        'query ($page: Int!) { alerts(first: 20, page: $page) { id title severity status source occurrences seenAt } }',
        variables,
      ),
    [operations.list3]: async (variables) => {
      const data = await alerts(
        'query ($page: Int!) { alerts(first: 20, page: $page) { id title severity status asset { id } } }',
        variables,
      )
      const ids = [...new Set(data.alerts.map(({ asset }) => (asset as Row).id))]
      const [named, vulnerable] = await Promise.all([
        assets(entities('... on Asset { name criticality }'), keys(ids)),
        vulns(entities('... on Asset { vulnerabilities(first: 3) { cve score severity } }'), keys(ids)),
      ])
      const byId = new Map(
        ids.map((id, index) => [id, { id, ...named._entities[index], ...vulnerable._entities[index] }]),
      )
      for (const alert of data.alerts) alert.asset = byId.get((alert.asset as Row).id)
      return data
    },
    [operations.chain5]: async (variables) => {
      const { start } = await assets(
        'query ($page: Int!) { start(page: $page) { text next { id } } }',
        variables,
      )
      const b = await hop(vulns, 'B', next(start).id, 'text next { id }')
      const c = await hop(alerts, 'C', next(b).id, 'text next { id }')
      const d = await hop(assets, 'D', next(c).id, 'text next { id }')
      const e = await hop(vulns, 'E', next(d).id, 'text')
      start.next = b
      b.next = c
      c.next = d
      d.next = e
      return { start }
    },
    [operations.wide500]: async (variables) => {
      const data = await assets(
        'query ($page: Int!) { assets(first: 500, page: $page) { id name kind criticality environment riskScore } }',
        variables,
      )
      const counted = await vulns(
        entities('... on Asset { openCount }'),
        keys(data.assets.map(({ id }) => id)),
      )
      data.assets.forEach((asset, index) => {
        asset.openCount = counted._entities[index]!.openCount
      })
      return data
    },
  }
}

await serveAsPeer(async (start) => {
  const answers = stitched(start)
  const app = Fastify()
  app.post<{ Body: { query: string; variables: { page: number } } }>('/graphql', async ({ body }) => ({
    data: await answers[body.query]!(body.variables),
  }))
  return `${await app.listen({ host: '127.0.0.1', port: 0 })}/graphql`
})

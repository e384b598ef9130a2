import Fastify from 'fastify'
import pg from 'pg'
import { serveAsPeer } from '../peer.ts'
import { organizationId } from '../tenants.ts'

const asset = `select id, name, criticality from assets.assets where id = any($1)`
const alert = `select id, title, severity, status, created_at as "createdAt", asset_id
  from alerts.alerts order by created_at desc, id desc limit 21`

/** The list that is measured, by hand: one handler, its two statements, and nothing else. */
await serveAsPeer(async ({ urls }) => {
  const pool = new pg.Pool({ connectionString: urls.reader, max: 8 })
  const app = Fastify()
  const list = async () => {
    const client = await pool.connect()
    try {
      await client.query('begin')
      await client.query({
        name: 'tenant',
        text: `select set_config('nexus.organization', $1, true)`,
        values: [organizationId.large],
      })
      const { rows } = await client.query({ name: 'alerts', text: alert })
      const page = rows.slice(0, 20)
      const ids = [...new Set(page.map(({ asset_id }) => asset_id))]
      const { rows: assets } = await client.query({ name: 'assets', text: asset, values: [ids] })
      await client.query('commit')
      const byId = new Map(assets.map((each) => [each.id, each]))
      const edges = page.map(({ asset_id, ...node }) => ({ node: { ...node, asset: byId.get(asset_id) } }))
      return { data: { alerts: { edges, pageInfo: { hasNextPage: rows.length > 20 } } } }
    } finally {
      client.release()
    }
  }
  app.post('/graphql', list)
  return `${await app.listen({ host: '127.0.0.1', port: 0 })}/graphql`
})

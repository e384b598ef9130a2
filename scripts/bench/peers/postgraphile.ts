import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { packagesOf } from '../install.ts'
import { serveAsPeer } from '../peer.ts'
import { organizationId } from '../tenants.ts'

type Served = { addTo(server: Server): Promise<void> | void }
const load = packagesOf('postgraphile')
const { postgraphile } = load('postgraphile') as {
  postgraphile(preset: object): { createServ(grafserv: unknown): Served }
}
const { grafserv } = load('postgraphile/grafserv/node') as { grafserv: unknown }
const { PostGraphileAmberPreset } = load('postgraphile/presets/amber') as { PostGraphileAmberPreset: object }
const { makePgService } = load('postgraphile/adaptors/pg') as { makePgService(options: object): object }
const { jsonPgSmartTags } = load('postgraphile/utils') as { jsonPgSmartTags(json: object): object }

/** What no foreign key says, as none crosses a schema. */
const assetOfAlert = {
  version: 1,
  config: {
    class: {
      'alerts.alerts': {
        tags: {
          foreignKey:
            '(organization_id, asset_id) references assets.assets (organization_id, id)|@fieldName asset',
        },
      },
    },
  },
}

/** PostGraphile over the same tables and the same row level security. */
await serveAsPeer(async ({ urls }) => {
  const preset = {
    extends: [PostGraphileAmberPreset],
    plugins: [jsonPgSmartTags(assetOfAlert)],
    pgServices: [
      makePgService({ connectionString: urls.reader, schemas: ['alerts', 'assets'], poolConfig: { max: 8 } }),
    ],
    grafast: { context: () => ({ pgSettings: { 'nexus.organization': organizationId.large } }) },
    grafserv: { graphqlPath: '/graphql', graphiql: false, watch: false },
  }
  const server = createServer()
  await postgraphile(preset).createServ(grafserv).addTo(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`
})

import { Agent, createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { packagesOf } from '../install.ts'
import { serveAsPeer } from '../peer.ts'

type Runtime = RequestListener & { getSchema(): Promise<unknown> }
const load = packagesOf('hive')
const { createGatewayRuntime } = load('@graphql-hive/gateway') as {
  createGatewayRuntime(options: object): Runtime
}
const { unifiedGraphHandler } = load('@graphql-hive/router-runtime') as { unifiedGraphHandler: unknown }

/**
 * Hive Gateway on node:http, as its command serves, with the faster of its two runtimes: its documentation's choice
 * for speed. `jit` belongs to the other, and answers null in this one.
 */
await serveAsPeer(async ({ supergraphSdl }) => {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 })
  const runtime = createGatewayRuntime({
    supergraph: supergraphSdl,
    unifiedGraphHandler,
    customAgent: () => agent,
    logging: false,
  })
  await runtime.getSchema()
  const server = createServer(runtime)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`
})

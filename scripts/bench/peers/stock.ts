import { ApolloGateway } from '@apollo/gateway'
import { ApolloServer } from '@apollo/server'
import { fastifyApolloHandler } from '@as-integrations/fastify'
import Fastify from 'fastify'
import { serveAsPeer } from '../peer.ts'

process.env.APOLLO_TELEMETRY_DISABLED = 'true'

/** Apollo's gateway as its documentation sets it up. */
await serveAsPeer(async ({ supergraphSdl }) => {
  const apollo = new ApolloServer({
    gateway: new ApolloGateway({ supergraphSdl }),
    stopOnTerminationSignals: false,
  })
  await apollo.start()
  const app = Fastify()
  app.route({ method: ['GET', 'POST'], url: '/graphql', handler: fastifyApolloHandler(apollo) })
  return `${await app.listen({ host: '127.0.0.1', port: 0 })}/graphql`
})

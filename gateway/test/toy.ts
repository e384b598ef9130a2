import { composeServices } from '@apollo/composition'
import { buildSubgraphSchema } from '@apollo/subgraph'
import { execute, parse, validate } from 'graphql'
import type { SubgraphError, SubgraphRequest, SubgraphResponse, Transport } from '#kit/transport.ts'

export type Resolvers = Record<string, Record<string, (...args: never[]) => unknown>>
export type Toy = { name: string; sdl: string; resolvers: Resolvers }

const link = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9",
  import: ["@key", "@shareable", "@external", "@requires", "@provides", "@inaccessible", "@interfaceObject",
    "@composeDirective"])`

/** A supergraph of a few resolvers, for tests: each transport keeps what it was asked. */
export function compose(toys: readonly Toy[]) {
  const parsed = toys.map(({ name, sdl, resolvers }) => ({
    name,
    url: `http://${name}.internal:4100/graphql`,
    typeDefs: parse(`${link}\n${sdl}`),
    resolvers,
  }))
  const { supergraphSdl, errors } = composeServices(parsed)
  if (!supergraphSdl) throw new Error(errors?.map((error) => error.message).join('\n'))
  const asked: Record<string, SubgraphRequest[]> = {}
  const transports: Record<string, Transport> = {}
  for (const { name, typeDefs, resolvers } of parsed) {
    const calls: SubgraphRequest[] = []
    asked[name] = calls
    const schema = buildSubgraphSchema({ typeDefs, resolvers: resolvers as never })
    transports[name] = async (request): Promise<SubgraphResponse> => {
      calls.push(request)
      const document = parse(request.query)
      const invalid = validate(schema, document)
      if (invalid.length > 0) return { errors: invalid.map(({ message }) => ({ message })) }
      const result = await execute({
        schema,
        document,
        variableValues: request.variables,
        operationName: request.operationName,
        contextValue: request,
      })
      return JSON.parse(JSON.stringify(result)) as { errors?: SubgraphError[] }
    }
  }
  return { supergraphSdl, transports, asked }
}

import { composeServices } from '@apollo/composition'
import { buildSubgraphSchema } from '@apollo/subgraph'
import {
  type DocumentNode,
  type ExecutionResult,
  execute,
  type GraphQLSchema,
  isUnionType,
  parse,
  validate,
} from 'graphql'
import type { SubgraphResponse } from '#kit/transport.ts'
import { documentOf } from '../../federation/documents.ts'
import { createEngine, type Engine, type EngineOptions } from '../../federation/engine.ts'
import type { Source } from '../../federation/source.ts'
import { fakeOf } from './fake.ts'
import { traitsOf } from './traits.ts'

/** The same graph twice: federated, behind the engine, and as one schema that graphql-js executes. */
export type World = {
  engine: Engine
  /** What subgraphs refused as not valid: a plan asks no such thing. */
  invalid: string[]
  calls: number
  federated(document: DocumentNode, variables: Record<string, unknown>): Promise<ExecutionResult>
  whole(document: DocumentNode, variables: Record<string, unknown>): Promise<ExecutionResult>
}
export type Subgraphs = Readonly<Record<string, string>>

const link = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable",
  "@external", "@requires", "@provides", "@override", "@interfaceObject", "@inaccessible"])`

/** @param subgraphs SDLs by name; those without a link get one */
export function openWorld(subgraphs: Subgraphs, plannerOf?: EngineOptions['plannerOf']): World {
  const parsed = Object.entries(subgraphs).map(([name, sdl]) => ({
    name,
    url: `http://${name}`,
    typeDefs: parse(sdl.includes('@link') ? sdl : `${link}\n${sdl}`),
  }))
  const { supergraphSdl, errors } = composeServices(parsed)
  if (!supergraphSdl) throw new Error(errors?.map(({ message }) => message).join('\n'))
  const traits = traitsOf(parsed.map(({ typeDefs }) => typeDefs))
  const world = { invalid: [] as string[], calls: 0 }

  const sources: Record<string, Source> = {}
  for (const { name, typeDefs } of parsed) {
    const schema = buildSubgraphSchema({ typeDefs })
    const { entity, ...resolvers } = fakeOf(schema, traits)
    answerEntities(schema, entity)
    sources[name] = {
      async fetch({ query, variables: variableValues }) {
        world.calls++
        const document = parse(query)
        for (const { message } of validate(schema, document))
          world.invalid.push(`${name}: ${message} in ${query}`)
        return plain(await execute({ schema, document, variableValues, ...resolvers })) as SubgraphResponse
      },
    }
  }
  const engine = createEngine({ supergraphSdl, sourceFor: (name) => sources[name]!, plannerOf })
  const { schema } = engine
  const whole = fakeOf(schema, traits)
  const { fieldResolver, typeResolver } = whole
  return Object.assign(world, {
    engine,
    federated: async (document: DocumentNode, variables: Record<string, unknown>) =>
      plain(await engine.execute({ document: documentOf(document), variables, context: {} })),
    whole: async (document: DocumentNode, variableValues: Record<string, unknown>) =>
      plain(await execute({ schema, document, variableValues, fieldResolver, typeResolver })),
  })
}

function answerEntities(schema: GraphQLSchema, entity: ReturnType<typeof fakeOf>['entity']) {
  const field = schema.getQueryType()?.getFields()._entities
  if (!field) return
  field.resolve = (_source, { representations }: { representations: Record<string, unknown>[] }) =>
    representations.map(entity)
  const union = schema.getType('_Entity')
  if (isUnionType(union)) union.resolveType = (of) => (of as { type: string }).type
}

const plain = (result: ExecutionResult): ExecutionResult => JSON.parse(JSON.stringify(result))

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
import { answerIn, foundIn } from '#kit/transport.ts'
import { type Document, documentOf } from '../../federation/documents.ts'
import { createEngine, type Engine } from '../../federation/engine.ts'
import { inThread } from '../../federation/planner/in-thread.ts'
import type { Planning } from '../../federation/planner/planner.ts'
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
  /** The same from the second time on, for who takes texts; null where it is none. */
  text(document: DocumentNode, variables: Record<string, unknown>): Promise<string | null>
  whole(document: DocumentNode, variables: Record<string, unknown>): Promise<ExecutionResult>
}
export type Subgraphs = Readonly<Record<string, string>>

const link = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable",
  "@external", "@requires", "@provides", "@override", "@interfaceObject", "@inaccessible"])`

/** @param subgraphs SDLs by name; those without a link get one */
export function openWorld(subgraphs: Subgraphs, planning: Planning = inThread): World {
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
      texts: { entities: 1_000 },
      async fetch({ query, variables, body, read }) {
        world.calls++
        const variableValues = read ? JSON.parse(body!).variables : variables
        const document = parse(query)
        for (const { message } of validate(schema, document))
          world.invalid.push(`${name}: ${message} in ${query}`)
        const text = JSON.stringify(await execute({ schema, document, variableValues, ...resolvers }))
        return read ? foundIn(text, read) : answerIn(text)
      },
    }
  }
  const engine = createEngine({ supergraphSdl, sourceFor: (name) => sources[name]!, planning })
  const { schema } = engine
  const whole = fakeOf(schema, traits)
  const documents = new WeakMap<DocumentNode, Document>()
  const known = (document: DocumentNode) => {
    const of = documents.get(document) ?? documentOf(document)
    documents.set(document, of)
    return of
  }
  const { fieldResolver, typeResolver } = whole
  return Object.assign(world, {
    engine,
    federated: async (document: DocumentNode, variables: Record<string, unknown>) =>
      plain(await engine.execute({ document: known(document), variables, context: {} })),
    async text(document: DocumentNode, variables: Record<string, unknown>) {
      const asked = { document: known(document), variables, context: {}, asText: true }
      await engine.execute(asked)
      const { json = null } = await engine.execute(asked)
      return json
    },
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

import { composeServices } from '@apollo/composition'
import { buildSubgraphSchema } from '@apollo/subgraph'
import { type DocumentNode, type ExecutionResult, execute, parse, print, validate, visit } from 'graphql'
import type { SubgraphResponse } from '#kit/transport.ts'
import type { Authorization } from '../../federation/authorize/judge.ts'
import { createEngine, type Engine } from '../../federation/engine.ts'
import { inThread } from '../../federation/planner/in-thread.ts'
import type { Source } from '../../federation/source.ts'
import { canary } from './canary.ts'

/** Who asks: anonymous without scopes. The policies are those that are met. */
export type Caller = { scopes?: readonly string[]; policies?: readonly string[] }

const link = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable",
  "@external", "@requires", "@interfaceObject", "@inaccessible", "@authenticated", "@requiresScopes", "@policy"])`

/** A supergraph of SDLs by name; those without a link get one that imports everything under its own name. */
export function compose(subgraphs: Readonly<Record<string, string>>): string {
  const { supergraphSdl, errors } = composeServices(parsed(subgraphs))
  if (!supergraphSdl) throw new Error(errors?.map(({ message }) => message).join('\n'))
  return supergraphSdl
}

const parsed = (subgraphs: Readonly<Record<string, string>>) =>
  Object.entries(subgraphs).map(([name, sdl]) => ({
    name,
    url: `http://${name}`,
    typeDefs: parse(sdl.includes('@link') ? sdl : `${link}\n${sdl}`),
  }))

/** A supergraph without what it asks at some types and fields: as another composition, or a careless one, has it. */
export function without(supergraphSdl: string, coordinates: readonly string[]): string {
  const isOurs = (name: string) => /^(authenticated|requiresScopes|policy)$/.test(name)
  const bare = <Node extends { directives?: readonly { name: { value: string } }[] }>(node: Node): Node => ({
    ...node,
    directives: node.directives?.filter(({ name }) => !isOurs(name.value)),
  })
  const document = parse(supergraphSdl)
  const definitions = document.definitions.map((definition) => {
    if (!('name' in definition) || !('fields' in definition)) return definition
    const { value: type } = definition.name!
    const own = coordinates.includes(type) ? bare(definition) : definition
    return visit(own, {
      FieldDefinition: (field) =>
        coordinates.includes(`${type}.${field.name.value}`) ? bare(field) : undefined,
    })
  })
  return print({ ...document, definitions })
}

export const authorizing: Authorization = {
  claimsOf: (context) => {
    const { scopes } = context as Caller
    return scopes ? { scopes: new Set(scopes) } : null
  },
  policies: async (_names, context) => new Set((context as Caller).policies),
}

export type Answer = {
  data: ReturnType<typeof JSON.parse>
  /** Where what is withheld, and the codes of all other errors. */
  withheld: string[]
  others: string[]
  extensions: Record<string, unknown> | undefined
}

type Options = Omit<Partial<Authorization>, 'policies'> & {
  policies?: Authorization['policies'] | undefined
  sdl?: string
  /** Whether nobody tells the engine who may see what. */
  isAlone?: boolean
  deadlineMs?: number
  onPlan?(): void
}

/** An engine over subgraphs that answer each field with what shows where it is from, and what they were asked. */
export function open(
  subgraphs: Readonly<Record<string, string>>,
  { sdl = compose(subgraphs), isAlone, deadlineMs, onPlan, ...given }: Options = {},
) {
  const asked: { subgraph: string; query: string }[] = []
  const sources: Record<string, Source> = {}
  const schemas = Object.fromEntries(
    parsed(subgraphs).map(({ name, typeDefs }) => [name, canary(buildSubgraphSchema({ typeDefs }))]),
  )
  for (const [name, { schema, ...resolvers }] of Object.entries(schemas))
    sources[name] = {
      async fetch({ query, variables: variableValues }) {
        asked.push({ subgraph: name, query })
        const document = parse(query)
        const [invalid] = validate(schema, document)
        if (invalid) throw new Error(`${name}: ${invalid.message} in ${query}`)
        return plain(await execute({ schema, document, variableValues, ...resolvers })) as SubgraphResponse
      },
    }
  const engine = createEngine({
    supergraphSdl: sdl,
    sourceFor: (name) => sources[name]!,
    ...(!isAlone && { authorization: { ...authorizing, ...given } as Authorization }),
    ...(deadlineMs !== undefined && { deadlineMs }),
    planning: {
      ...inThread,
      plannerOf(supergraphSdl) {
        const planner = inThread.plannerOf(supergraphSdl)
        return {
          ...planner,
          plan(document, operationName) {
            onPlan?.()
            return planner.plan(document, operationName)
          },
        }
      },
    },
  })
  const raw = (document: DocumentNode, caller: Caller, variables = {}, name?: string) =>
    run(engine, document, caller, { variables, operationName: name })
  const ask = async (query: string, caller: Caller = {}, variables = {}, name?: string): Promise<Answer> => {
    const document = parse(query)
    const [invalid] = validate(engine.schema, document)
    if (invalid) throw invalid
    const { data, errors = [], extensions } = await raw(document, caller, variables, name)
    const isOurs = ({ extensions }: { extensions?: Record<string, unknown> }) =>
      extensions?.code === 'UNAUTHORIZED_FIELD_OR_TYPE'
    return {
      data,
      withheld: errors.filter(isOurs).map(({ path }) => path?.join('.') ?? ''),
      others: errors.filter((error) => !isOurs(error)).map(({ extensions }) => String(extensions?.code)),
      extensions,
    }
  }
  return { ask, raw, asked, engine, sources, schemas }
}

async function run(engine: Engine, document: DocumentNode, context: Caller, given: object) {
  const read = engine.read(print(document))
  return plain('errors' in read ? read : await engine.execute({ document: read, context, ...given }))
}

const plain = (result: ExecutionResult): ExecutionResult => JSON.parse(JSON.stringify(result))

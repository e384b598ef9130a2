import { createEngine } from '../../federation/engine.ts'
import { createSource } from '../../federation/source.ts'
import { compose, type Resolvers } from '../toy.ts'

type Subgraphs = Record<string, { sdl: string; resolvers?: Resolvers }>

/** An engine over a few subgraphs: what it answers, and how often each of them was asked for it. */
export function openGraph(subgraphs: Subgraphs) {
  const { supergraphSdl, transports, asked } = compose(
    Object.entries(subgraphs).map(([name, { sdl, resolvers = {} }]) => ({ name, sdl, resolvers })),
  )
  const engine = createEngine({
    supergraphSdl,
    sourceFor: (name) =>
      createSource<{ requestId: string }>({
        name,
        transport: transports[name]!,
        tokenFor: async () => 'token',
      }),
  })
  const ask = async (query: string, variables: Record<string, unknown> = {}) => {
    for (const calls of Object.values(asked)) calls.length = 0
    const document = engine.read(query)
    if (!('ast' in document)) throw new Error(document.errors[0]!.message)
    const { data, errors } = await engine.execute({ document, variables, context: { requestId: 'test' } })
    return {
      data: JSON.parse(JSON.stringify(data ?? null)),
      errors: errors?.map(({ message, path }) => `${path?.join('.') ?? ''} ${message}`.trim()),
      calls: Object.fromEntries(Object.entries(asked).map(([name, calls]) => [name, calls.length])),
    }
  }
  return { ask, schema: engine.schema, asked }
}

import type { GraphQLFormattedError } from 'graphql'
import type { Answering } from '../door.ts'
import type { Engine } from '../federation/engine.ts'
import { createReader, type Persisted } from '../federation/persisted.ts'
import { written } from '../operations.ts'
import type { OpenContext } from './supergraph.ts'

const hidden = new Set(['serviceName', 'stacktrace', 'exception'])

/** Subgraphs speak for themselves here; where they are and what they run is not for clients. */
export const told = ({ extensions = {}, ...error }: GraphQLFormattedError): GraphQLFormattedError => ({
  ...error,
  extensions: Object.fromEntries(Object.entries(extensions).filter(([name]) => !hidden.has(name))),
})

/** Answers from an engine for whoever asks. */
export function answersOf(engine: Engine, persisted: Persisted): Answering<OpenContext> {
  const { textOf, read } = createReader(persisted, engine.read)
  return {
    textOf: (named) => textOf(named, false),
    read: (named) => read(named, false),
    present: ({ errors }) => ({ errors: errors.map((error) => told(error.toJSON())) }),
    async write(asked, context) {
      const document = read(asked, false)
      const answer =
        'ast' in document ? await engine.execute({ ...asked, document, context, asText: true }) : document
      if ('json' in answer && answer.json) return { status: 200, body: `${answer.json}\n` }
      const errors = answer.errors?.map((error) => told(error.toJSON()))
      return written({ ...(errors && { errors }), ...('data' in answer && { data: answer.data }) })
    },
  }
}

import { createHash } from 'node:crypto'
import type { ApolloServer } from '@apollo/server'
import {
  type DocumentNode,
  type ExecutionResult,
  type FormattedExecutionResult,
  GraphQLError,
  getOperationAST,
  type OperationTypeNode,
  parse,
  specifiedRules,
  validate,
} from 'graphql'
import { LRUCache } from 'lru-cache'
import { NexusError } from '#kit/errors.ts'
import type { Log } from '#kit/log.ts'
import { isStream } from '#kit/stream.ts'
import type { GatewayContext } from '../context.ts'
import { logMasked, presented, thrown } from '../errors.ts'
import type { Engine } from '../federation/engine.ts'
import { limits, limitsRule } from '../federation/limits.ts'

export type Asked = {
  query: string
  operationName?: string | null | undefined
  variables?: Record<string, unknown> | null | undefined
}
type Answer = FormattedExecutionResult
export type Answers = AsyncIterableIterator<Answer, void>
type Read = { document: DocumentNode; kind: OperationTypeNode } | { errors: readonly GraphQLError[] }

/** What sockets and streams execute with. Its answers and errors are fit for clients. */
export type Live = {
  /** The document of an operation, or why it is none that this graph answers. */
  read(asked: Asked): Read
  /** Neither throws nor do its answers: what goes wrong is the last of them. */
  answer(asked: Asked, context: GatewayContext): Promise<Answer | Answers>
}

const remembered = { documents: 1_000, characters: 10_000_000 }

export function createLive(options: {
  engine: Engine
  apollo: ApolloServer<GatewayContext>
  log: Log
  production: boolean
}): Live {
  const { engine, apollo, log, production } = options
  const rules = [limitsRule(), ...specifiedRules]
  const known = new LRUCache<string, { document: DocumentNode } | { errors: GraphQLError[] }>({
    max: remembered.documents,
    maxSize: remembered.characters,
    sizeCalculation: (_entry, query) => query.length + 1,
  })

  const readDocument = (query: string) => {
    let code = 'GRAPHQL_PARSE_FAILED'
    try {
      const document = parse(query, { maxTokens: limits.tokens })
      code = 'GRAPHQL_VALIDATION_FAILED'
      const errors = validate(engine.schema, document, rules, { maxErrors: 20 })
      if (errors.length === 0) return { document }
      return { errors: errors.map((error) => coded(error, code, production)) }
    } catch (error) {
      // A rule throws, too: at a variable in a subscription's @include.
      if (!(error instanceof GraphQLError)) throw error
      return { errors: [coded(error, code, production)] }
    }
  }
  const read: Live['read'] = ({ query, operationName }) => {
    const entry = known.get(query) ?? readDocument(query)
    known.set(query, entry)
    if ('errors' in entry) return entry
    const operation = getOperationAST(entry.document, operationName)
    if (operation) return { document: entry.document, kind: operation.operation }
    return { errors: [coded(new GraphQLError('There is no such operation'), 'OPERATION_RESOLUTION_FAILURE')] }
  }

  const present = ({ data, errors }: ExecutionResult, { requestId }: GatewayContext): Answer => {
    if (errors) logMasked(log, requestId, errors)
    return {
      ...(data !== undefined && { data }),
      ...(errors && { errors: errors.map((error) => presented(error.toJSON())) }),
    }
  }
  const failed = (error: unknown, { requestId }: GatewayContext): Answer => {
    const { code, message } = thrown(error, log, requestId)
    return { errors: [{ message, extensions: { code } }] }
  }

  const subscribe = async (asked: Asked, document: DocumentNode, context: GatewayContext) => {
    const queryHash = createHash('sha256').update(asked.query).digest('hex')
    const answers = await engine.subscribe({ ...asked, document, queryHash, context })
    if (!isStream(answers)) return present(answers, context)
    return presenting(
      answers,
      (answer) => present(answer, context),
      (error) => failed(error, context),
    )
  }
  const execute = async ({ query, operationName, variables }: Asked, contextValue: GatewayContext) => {
    const named = { ...(operationName && { operationName }), ...(variables && { variables }) }
    const { body } = await apollo.executeOperation({ query, ...named }, { contextValue })
    if (body.kind === 'single') return body.singleResult
    throw new NexusError('BAD_REQUEST', 'Answers in parts are not offered')
  }
  return {
    read,
    async answer(asked, context) {
      try {
        const found = read(asked)
        if ('errors' in found) return present(found, context)
        return await (found.kind === 'subscription'
          ? subscribe(asked, found.document, context)
          : execute(asked, context))
      } catch (error) {
        return failed(error, context)
      }
    },
  }
}

function presenting(
  answers: AsyncIterableIterator<ExecutionResult, void>,
  present: (answer: ExecutionResult) => Answer,
  failed: (error: unknown) => Answer,
): Answers {
  return {
    async next() {
      try {
        const { done, value } = await answers.next()
        return done ? { done, value: undefined } : { done: false, value: present(value) }
      } catch (error) {
        return { done: false, value: failed(error) }
      }
    },
    async return() {
      await answers.return?.()
      return { done: true, value: undefined }
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}

// Suggestions would tell strangers what the schema has.
const coded = ({ message, nodes, source, positions }: GraphQLError, code: string, terse = false) =>
  new GraphQLError(terse ? message.replace(/ ?Did you mean(.+?)\?$/, '') : message, {
    nodes: nodes ?? null,
    source: source ?? null,
    positions: positions ?? null,
    extensions: { code },
  })

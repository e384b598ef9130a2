import { buildSubgraphSchema } from '@apollo/subgraph'
import { type DocumentNode, type ExecutionResult, parse } from 'graphql'
import { LRUCache } from 'lru-cache'
import { createExecutor } from '#kit/execute/execute.ts'
import type { BenchSubgraph } from './graph.ts'

export type Question = { query: string; variables?: Record<string, unknown> | undefined }
export const link = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])'

/** A subgraph of the benchmarks, which reads each document once and computes each answer. */
export function answering({ sdl, resolvers }: BenchSubgraph): (of: Question) => Promise<ExecutionResult> {
  const schema = buildSubgraphSchema({ typeDefs: parse(`${link} ${sdl}`), resolvers: resolvers as never })
  const execute = createExecutor(schema)
  const documents = new LRUCache<string, DocumentNode>({ max: 2_000 })
  return async ({ query, variables: variableValues }) => {
    const document = documents.get(query) ?? parse(query, { noLocation: true })
    documents.set(query, document)
    return execute({ document, variableValues })
  }
}

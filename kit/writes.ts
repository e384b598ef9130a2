import type { KyselyPlugin } from 'kysely'
import type { Trx } from './database.ts'

const writing = ['InsertQueryNode', 'UpdateQueryNode', 'DeleteQueryNode', 'MergeQueryNode']
const written = /\b(insert\s+into|update|delete\s+from|merge\s+into)\b/i
type Node = { kind: string; sqlFragments?: readonly string[] }

/** Whether a statement writes, in whatever part of it. One that only may is taken for one that does. */
function writes(node: unknown): boolean {
  if (Array.isArray(node)) return node.some(writes)
  if (typeof node !== 'object' || node === null || !('kind' in node)) return false
  const { kind, sqlFragments } = node as Node
  if (writing.includes(kind)) return true
  // What is given to a statement is no part of it.
  if (kind === 'ValueNode' || kind === 'PrimitiveValueListNode') return false
  return sqlFragments?.some((text) => written.test(text)) || Object.values(node).some(writes)
}

/** Sees whether what is done over a transaction writes. */
export function watchWrites<Tables>(): { over(trx: Trx<Tables>): Trx<Tables>; seen(): boolean } {
  let seen = false
  const plugin: KyselyPlugin = {
    transformQuery: ({ node }) => {
      seen ||= writes(node)
      return node
    },
    transformResult: async ({ result }) => result,
  }
  return { over: (trx) => trx.withPlugin(plugin), seen: () => seen }
}

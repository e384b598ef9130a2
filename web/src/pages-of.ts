import { useCallback, useEffect, useRef, useState } from 'react'
import { type AnyVariables, type CombinedError, type TypedDocumentNode, useClient } from 'urql'

type Connection<Node> = {
  edges: { node: Node }[]
  pageInfo: { hasNextPage: boolean; endCursor: string | null }
  totalCount: { count: number; type: 'EXACT' | 'AT_LEAST' }
}
type Paged = { after?: string | null; isFirst: boolean }
type Page<Data> = { data?: Data | undefined; error?: CombinedError | undefined }
type Shown<Data> = { of: string; cursors: (string | null)[]; pages: Page<Data>[] }

export type PagesOf<Data, Node> = {
  /** The first page's answer, where more than the list was asked. */
  first: Data | undefined
  nodes: Node[]
  total: Connection<Node>['totalCount'] | undefined
  error: CombinedError | undefined
  /** Nothing of this list has come yet. */
  isLoading: boolean
  /** Another list is on its way; these are the items of the last one. */
  isStale: boolean
  isLoadingMore: boolean
  hasMore: boolean
  more(): void
  /** Reads as many pages again as are shown, and shows them when all are there. */
  again(): Promise<void>
}

/**
 * A list, a page at a time, each a query of its own that follows the cache: what changes anywhere changes here.
 * `variables` name another list when they change.
 */
export function usePagesOf<Data, Variables extends AnyVariables & Paged, Node extends { id: string }>(
  document: TypedDocumentNode<Data, Variables>,
  variables: Omit<Variables, keyof Paged>,
  connectionOf: (data: Data) => Connection<Node>,
): PagesOf<Data, Node> {
  const client = useClient()
  const wanted = JSON.stringify(variables)
  const [asked, setAsked] = useState<{ of: string; cursors: (string | null)[]; fresh: boolean }>({
    of: wanted,
    cursors: [null],
    fresh: true,
  })
  const current = asked.of === wanted ? asked : { of: wanted, cursors: [null], fresh: true }
  const [shown, setShown] = useState<Shown<Data>>({ of: '', cursors: [], pages: [] })
  const latest = useRef(current)
  latest.current = current

  const query = useCallback(
    (of: string, after: string | null) =>
      [document, { ...JSON.parse(of), after, isFirst: after === null } as Variables] as const,
    [document],
  )

  const cursors = JSON.stringify(current.cursors)
  const { fresh } = current
  // biome-ignore lint/correctness/useExhaustiveDependencies: a change of `fresh` alone asks nothing
  useEffect(() => {
    const list: (string | null)[] = JSON.parse(cursors)
    const readings = list.map((after, index) =>
      client
        .query(...query(wanted, after), { requestPolicy: fresh ? 'cache-and-network' : 'cache-first' })
        .subscribe(({ data, error }) => {
          if (data === undefined && error === undefined) return
          setShown((before) => {
            const kept = before.of === wanted ? before.pages.slice(0, list.length) : []
            const pages = [...kept]
            // What was read before is better than nothing.
            pages[index] = { data: data ?? pages[index]?.data, error }
            return { of: wanted, cursors: list, pages }
          })
        }),
    )
    return () => {
      for (const reading of readings) reading.unsubscribe()
    }
  }, [client, query, wanted, cursors])

  const pages = shown.pages.filter((page) => page !== undefined)
  const connections = pages.flatMap(({ data }) => (data ? [connectionOf(data)] : []))
  const last = connections.at(-1)
  const isStale = shown.of !== wanted && shown.of !== ''

  const again = async () => {
    const { of, cursors } = latest.current
    const fresh: (string | null)[] = [null]
    for (;;) {
      const { data } = await client
        .query(...query(of, fresh.at(-1) ?? null), { requestPolicy: 'network-only' })
        .toPromise()
      const info = data && connectionOf(data).pageInfo
      if (!info?.hasNextPage || fresh.length >= cursors.length) break
      fresh.push(info.endCursor)
    }
    if (latest.current.of === of) setAsked({ of, cursors: fresh, fresh: false })
  }

  return {
    first: pages[0]?.data,
    // What moved to another page meanwhile is on both.
    nodes: [
      ...new Map(connections.flatMap(({ edges }) => edges.map(({ node }) => [node.id, node]))).values(),
    ],
    total: connections[0]?.totalCount,
    error: pages.find(({ error }) => error)?.error,
    isLoading: shown.of === '',
    isStale,
    isLoadingMore: pages.length < current.cursors.length,
    hasMore: last?.pageInfo.hasNextPage ?? false,
    more: () => {
      if (pages.at(-1)?.data === undefined) return void again()
      if (!last?.pageInfo.hasNextPage || isStale || pages.length < current.cursors.length) return
      setAsked({ of: wanted, cursors: [...current.cursors, last.pageInfo.endCursor], fresh: false })
    },
    again,
  }
}

import type { Question } from './cache.ts'
import type { Context } from './context.ts'
import type { Trx } from './database.ts'
import { isId } from './id.ts'
import { byId, load } from './loader.ts'
import {
  type Count,
  type ListSpec,
  maxTotal,
  type Page,
  type PageArgs,
  page,
  pageSize,
  pages,
  totals,
} from './page.ts'

/**
 * A list of the viewer's organization; its total is counted only when it is asked for. Other subgraphs may turn
 * larger pages than clients.
 * @param spec how it is listed, or who finds that out in the transaction that lists
 */
export function listOf<Row extends { id: string }, Tables>(
  context: Pick<Context<Tables>, 'tenant' | 'service' | 'remember'>,
  spec: ListSpec<Row> | ((trx: Trx<Tables>) => Promise<ListSpec<Row>>),
  args: PageArgs,
): Promise<Page<Row>> {
  const most = context.service === 'gateway' ? pageSize.max : pageSize.ofServices
  return context.tenant(async (trx) => {
    const list = typeof spec === 'function' ? await spec(trx) : spec
    const count: Count = async (query, found) => {
      const run = async () => (await context.tenant((other) => query.execute(other))).rows[0]!.count
      return found ? context.remember(foundOf(list.table, args), run) : run()
    }
    return page<Row>(trx, list, args, count, most)
  })
}

/** Nothing is deleted: a text that is found in more rows than are counted is found in as many a little later. */
const foundOf = (table: string, { filter }: PageArgs): Question => ({
  name: 'searchTotal',
  variables: [table, filter],
  keep: 'dashboard',
  lasts: (count) => Number(count) > maxTotal,
})

/** One of many lists that hang on parents: all parents of a request are answered by one statement. */
export async function listPer<Row extends { id: string }, Tables>(
  context: Pick<Context<Tables>, 'tenant' | 'loaders'>,
  spec: ListSpec<Row>,
  parentColumn: string,
  parent: string,
  args: PageArgs,
): Promise<Page<Row>> {
  const name = `${spec.table}/${parentColumn}/${JSON.stringify(args)}`
  const total = async (of: string) => {
    const batch = (parents: readonly string[]) =>
      context.tenant((trx) => totals(trx, spec, parentColumn, parents, args))
    return (await load(context.loaders, `${name}/total`, of, batch))!
  }
  const batch = (parents: readonly string[]) =>
    context.tenant((trx) => pages<Row>(trx, spec, parentColumn, parents, args, total))
  return (await load(context.loaders, name, parent, batch))!
}

/** One row by its id, batched; null when the viewer's organization has none, whatever the id looks like. */
export async function one<Tables, Row extends { id: string }>(
  context: Pick<Context<Tables>, 'tenant' | 'loaders'>,
  noun: string,
  id: string,
  find: (trx: Trx<Tables>, ids: readonly string[]) => Promise<Row[]>,
): Promise<Row | null> {
  if (!isId(id)) return null
  const batch = async (ids: readonly string[]) => byId(await context.tenant((trx) => find(trx, ids)))
  return load(context.loaders, noun, id.toLowerCase(), batch)
}

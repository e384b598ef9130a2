import type { RawBuilder } from 'kysely'
import type { Context } from './context.ts'
import type { Trx } from './database.ts'
import { isId } from './id.ts'
import { byId, load } from './loader.ts'
import { type ListSpec, type Page, type PageArgs, page, pageSize, pages, totals } from './page.ts'

/**
 * A list of the viewer's organization; its total is counted only when it is asked for. Other subgraphs may turn
 * larger pages than clients.
 * @param spec how it is listed, or who finds that out in the transaction that lists
 */
export function listOf<Row extends { id: string }, Tables>(
  context: Pick<Context<Tables>, 'tenant' | 'service'>,
  spec: ListSpec<Row> | ((trx: Trx<Tables>) => Promise<ListSpec<Row>>),
  args: PageArgs,
): Promise<Page<Row>> {
  const count = async (query: RawBuilder<{ count: number }>) => {
    const { rows } = await context.tenant((trx) => query.execute(trx))
    return rows[0]!.count
  }
  const most = context.service === 'gateway' ? pageSize.max : pageSize.ofServices
  return context.tenant(async (trx) =>
    page<Row>(trx, typeof spec === 'function' ? await spec(trx) : spec, args, count, most),
  )
}

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

import type { Context } from '#kit/context.ts'
import type { ListSpec } from '#kit/page.ts'
import * as assets from '../model/asset.ts'
import * as rules from '../model/rule.ts'
import type { AssetRow, Tables } from '../tables.ts'

/** How assets are listed now; of groups that are filtered by, those with a rule are read first. */
export async function specOf(
  context: Context<Tables>,
  groupIds: readonly string[] | null | undefined,
): Promise<ListSpec<AssetRow>> {
  const staleBefore = assets.staleBefore(context)
  const ruled = groupIds ? await context.tenant((trx) => rules.ruled(trx, groupIds)) : []
  return assets.specAt(staleBefore, rules.inAny(ruled, staleBefore))
}

import { plural, total } from '../labels.ts'
import type { PagesOf } from '../pages-of.ts'

/** How much of a list is shown, and the way to more of it. */
export function ListFoot<Data, Node>({ list }: { list: PagesOf<Data, Node> }) {
  if (!list.total || list.nodes.length === 0) return null
  return (
    <div className="foot">
      {list.error && (
        <p className="refusal" role="alert">
          This could not be read again, and may be old.{' '}
          <button type="button" className="button small" onClick={list.again}>
            Try again
          </button>
        </p>
      )}
      <span>
        {plural(list.nodes.length, 'item')} of {total(list.total)}
      </span>
      {list.hasMore && (
        <button type="button" className="button" onClick={list.more} aria-disabled={list.isLoadingMore}>
          {list.isLoadingMore ? 'Loading …' : 'Load more'}
        </button>
      )}
    </div>
  )
}

import { type LucideIcon, SearchX } from 'lucide-react'
import type { ReactNode } from 'react'
import type { PagesOf } from '../pages-of.ts'
import { ListFoot } from './list-foot.tsx'
import { Failure, Notice, Skeleton } from './states.tsx'

/** An unseen heading is for those who listen. */
type Column = readonly [heading: string, className?: string, unseen?: 'unseen']
type Shown<Data, Node> = {
  list: PagesOf<Data, Node>
  /** What one of them is called, and how the table is styled. */
  of: 'alert' | 'asset' | 'finding'
  columns: readonly Column[]
  isFiltered: boolean
  /** What is said where there is nothing at all. */
  nothing: { Icon: LucideIcon; title: string; text: string }
  row(node: Node): ReactNode
}

/** The items of a list, or that they are on their way, or why there are none. */
export function List<Data, Node>({ list, of, columns, isFiltered, nothing, row }: Shown<Data, Node>) {
  if (list.error && list.nodes.length === 0) return <Failure error={list.error} retry={list.again} />
  if (list.isLoading) return <Skeleton />
  if (list.nodes.length === 0)
    return isFiltered ? (
      <Notice Icon={SearchX} title={`No ${of} matches`}>
        {`No ${of} of your organization has all that you ask for. Take a filter away to see more.`}
      </Notice>
    ) : (
      <Notice Icon={nothing.Icon} title={nothing.title}>
        {nothing.text}
      </Notice>
    )
  return (
    <>
      <table className={`list ${of}s`} aria-busy={list.isStale}>
        <thead>
          <tr>
            {columns.map(([heading, className, unseen]) => (
              <th scope="col" key={heading} className={className}>
                {unseen ? <span className="unseen">{heading}</span> : heading}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{list.nodes.map(row)}</tbody>
      </table>
      <ListFoot list={list} />
    </>
  )
}

import type { ReactNode } from 'react'

type Props = {
  title: string
  count?: string
  /** Stands beside the title. */
  beside?: ReactNode
  /** What can be done here. */
  children?: ReactNode
}

/** The name of a page, which is that of the window too. */
export function PageHead({ title, count, beside, children }: Props) {
  return (
    <div className="page-head">
      <title>{`${title} · Nexus`}</title>
      <h1>{title}</h1>
      {count !== undefined && (
        <span className="count" role="status">
          {count}
        </span>
      )}
      {beside}
      {children && <div className="actions">{children}</div>}
    </div>
  )
}

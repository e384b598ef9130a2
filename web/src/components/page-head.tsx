import type { ReactNode } from 'react'

/** The name of a page, which is that of the window too. */
export function PageHead({
  title,
  count,
  children,
}: {
  title: string
  count?: string
  children?: ReactNode
}) {
  return (
    <div className="page-head">
      <title>{`${title} · Nexus`}</title>
      <h1>{title}</h1>
      {count !== undefined && (
        <span className="count" role="status">
          {count}
        </span>
      )}
      {children && <div className="actions">{children}</div>}
    </div>
  )
}

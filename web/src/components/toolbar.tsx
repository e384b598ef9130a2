import type { ReactNode } from 'react'

type Shown = { isFiltered: boolean; onClear(): void; children: ReactNode }

/** What narrows a list down, and the way back to all of it. */
export function Toolbar({ isFiltered, onClear, children }: Shown) {
  return (
    <search className="toolbar">
      {children}
      {isFiltered && (
        <button type="button" className="button plain" onClick={onClear}>
          Clear
        </button>
      )}
    </search>
  )
}

import type { SealedColumn } from '#kit/sealing/reseal.ts'

/** The columns that are sealed, so that a new key of an organization reaches them all. */
export const sealed: readonly SealedColumn[] = [
  { table: 'integrations.connectors', column: 'credentials_sealed' },
]

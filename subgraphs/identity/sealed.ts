import type { SealedColumn } from '#kit/sealing/reseal.ts'

/** The columns that are sealed, so that a new key of an organization reaches them all. */
export const sealed: readonly SealedColumn[] = [
  { table: 'identity.sso_connections', column: 'client_secret_sealed' },
  { table: 'identity.totp_secrets', column: 'sealed', row: 'account_id', of: 'platform' },
]

/** The other subgraphs that have some. */
export const sealedElsewhere: readonly string[] = ['integrations']

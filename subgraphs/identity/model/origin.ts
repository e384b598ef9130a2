import { sql } from 'kysely'
import { type Db, inTenant } from '#kit/database.ts'
import type { Viewer } from '#kit/viewer.ts'
import type { Tables } from '../tables.ts'

/** Whether the viewer's organization lets pages of an origin in; for who is nobody yet, whether any does. */
export async function isAllowed(db: Db<Tables>, viewer: Viewer, origin: string): Promise<boolean> {
  const tenant = viewer.kind === 'member' ? { organizationId: viewer.organizationId } : { origin }
  const found = await inTenant(db, tenant, (trx) =>
    trx
      .selectFrom('organizations')
      .select('id')
      .where(sql<boolean>`settings->'allowedOrigins' ? ${origin}`)
      .limit(1)
      .executeTakeFirst(),
  )
  return found !== undefined
}

import type { Db } from '#kit/database.ts'
import type { Shared } from '#kit/redis.ts'
import type { Sealing } from '#kit/sealing/sealing.ts'
import type { Keys } from '#kit/tokens.ts'
import type { Tables } from '../tables.ts'

/** What proving who one is needs of the house. */
export type Around = {
  db: Db<Tables>
  shared: Shared
  keys: Keys
  sealing: Sealing
  publicUrl(): string
}

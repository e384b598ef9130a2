import { randomBytes } from 'node:crypto'
import type { QueryExecutorProvider } from 'kysely'
import { LRUCache } from 'lru-cache'
import type { Trx } from '../database.ts'
import { openText, type Place, readSealed, sealText, Unsealable } from './cipher.ts'
import type { DataKeyRow } from './keyring.ts'
import * as keyring from './keyring.ts'
import { keyBytes, type MasterKey } from './master.ts'

/** Keeps values that have to be read again: under a key of their organization, each for its own place. */
export type Sealing = {
  /**
   * In the transaction that writes what it answers. Throws SERVICE_UNAVAILABLE when the keeper of the master key
   * does not answer.
   */
  seal<Tables>(trx: Trx<Tables>, place: Place, text: string): Promise<string>
  /** Throws Unsealable for what was not sealed for this place, and SERVICE_UNAVAILABLE. */
  open<Tables>(trx: Trx<Tables>, place: Place, sealed: string): Promise<string>
  /** Gives an organization a new key, and answers its version; what is sealed from then on is sealed by it. */
  renew<Tables>(trx: Trx<Tables>, organizationId: string): Promise<number>
  /** Whether a value was sealed by the key that seals now. */
  isCurrent<Tables>(trx: Trx<Tables>, organizationId: string, sealed: string): Promise<boolean>
}

// NIST SP 800-38D, 8.3 allows a key 2^32 random nonces. Half of it: a block whose transaction was rolled back is
// counted again only if it is noticed.
const mostUses = 2 ** 31
const blockOfUses = 2 ** 16
const unwrappedForMs = 5 * 60_000

/** What was retired between looking and locking is not found; a second look finds its successor. */
const twice = async (look: typeof keyring.active, trx: QueryExecutorProvider, organizationId: string) =>
  (await look(trx, organizationId)) ?? (await look(trx, organizationId))

type Block = { end: number; left: number }
type Known = { active: Map<string, DataKeyRow>; byVersion: Map<string, DataKeyRow>; platform: boolean }

/** @param limit after how many values a key is replaced by the next one */
export function createSealing(master: MasterKey, limit = mostUses, blockSize = blockOfUses): Sealing {
  const unwrapped = new LRUCache<string, Promise<Buffer>>({ max: 10_000, ttl: unwrappedForMs })
  const blocks = new LRUCache<string, Block>({ max: 10_000 })
  // What a transaction has seen of the keyring holds until it ends.
  const byTransaction = new WeakMap<object, Known>()

  const keyOf = (row: DataKeyRow): Promise<Buffer> => {
    const before = unwrapped.get(row.wrapped)
    if (before) return before
    const now = master.unwrap(row, row)
    unwrapped.set(row.wrapped, now)
    now.catch(() => unwrapped.delete(row.wrapped))
    return now
  }
  async function known<Tables>(trx: Trx<Tables>, organizationId: string): Promise<Known> {
    // Outside of one, nothing would hold what has been read.
    if (!trx.isTransaction) throw new Error('Values are sealed and opened in transactions')
    const seen = byTransaction.get(trx) ?? { active: new Map(), byVersion: new Map(), platform: false }
    byTransaction.set(trx, seen)
    if (organizationId === keyring.platform && !seen.platform) {
      await keyring.reachPlatform(trx)
      seen.platform = true
    }
    return seen
  }
  async function addKey<Tables>(trx: Trx<Tables>, organizationId: string, version: number): Promise<void> {
    const name = { organizationId, version }
    await keyring.add(trx, { ...name, ...(await master.wrap(randomBytes(keyBytes), name)) })
  }
  async function activeKey<Tables>(trx: Trx<Tables>, organizationId: string): Promise<DataKeyRow> {
    const seen = await known(trx, organizationId)
    const before = seen.active.get(organizationId)
    if (before) return before
    let row = await twice(keyring.active, trx, organizationId)
    if (!row) {
      await addKey(trx, organizationId, 1)
      row = await twice(keyring.active, trx, organizationId)
    }
    if (!row) throw new Error('The transaction does not see the keys of this organization')
    seen.active.set(organizationId, row)
    return row
  }
  async function replace<Tables>(trx: Trx<Tables>, row: DataKeyRow): Promise<DataKeyRow> {
    const { organizationId } = row
    if (await keyring.retire(trx, row)) await addKey(trx, organizationId, row.version + 1)
    byTransaction.get(trx)?.active.delete(organizationId)
    return activeKey(trx, organizationId)
  }
  /** The key to seal one value by, which is counted. */
  async function spend<Tables>(trx: Trx<Tables>, organizationId: string): Promise<DataKeyRow> {
    const row = await activeKey(trx, organizationId)
    const block = blocks.get(row.wrapped)
    if (block && block.left > 0 && row.used >= block.end) {
      block.left -= 1
      return row
    }
    if (row.used + blockSize > limit) return spend(trx, (await replace(trx, row)).organizationId)
    row.used = await keyring.reserve(trx, row, blockSize)
    blocks.set(row.wrapped, { end: row.used, left: blockSize - 1 })
    return row
  }

  return {
    async seal(trx, place, text) {
      const row = await spend(trx, place.organizationId)
      return sealText(await keyOf(row), row.version, place, text)
    },
    async open(trx, place, sealed) {
      const read = readSealed(sealed)
      const { organizationId } = place
      const seen = await known(trx, organizationId)
      const name = `${organizationId}/${read.version}`
      const row = seen.byVersion.get(name) ?? (await keyring.find(trx, organizationId, read.version))
      if (!row) throw new Unsealable('The transaction sees no such key of this organization')
      seen.byVersion.set(name, row)
      return openText(await keyOf(row), place, read)
    },
    async renew(trx, organizationId) {
      await known(trx, organizationId)
      const row = await twice(keyring.seized, trx, organizationId)
      return (row ? await replace(trx, row) : await activeKey(trx, organizationId)).version
    },
    async isCurrent(trx, organizationId, sealed) {
      return readSealed(sealed).version === (await activeKey(trx, organizationId)).version
    },
  }
}

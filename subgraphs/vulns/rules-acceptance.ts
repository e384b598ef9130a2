import { acceptable } from './rules-lifecycle.ts'
import type { AcceptanceRow, AcceptanceStatus, Status } from './tables.ts'

const day = 86_400_000
export const longestDays = 365
const longest = 2_000
const mostIds = 1_000

type Interval = { validFrom: Date; expiresAt: Date }
type Wrong = { field: string; message: string }

/** Where an acceptance stands at a time: nobody has to end one. */
export const acceptanceAt = (
  { status, expiresAt }: Pick<AcceptanceRow, 'status' | 'expiresAt'>,
  at: Date,
): AcceptanceStatus =>
  (status === 'requested' || status === 'approved') && expiresAt <= at ? 'expired' : status

/** What is wrong with the time that an acceptance shall hold; null where nothing is. */
export function unfitInterval({ validFrom, expiresAt }: Interval, at: Date): Wrong | null {
  const field = 'expiresAt'
  if (expiresAt <= at) return { field, message: 'Must be in the future' }
  if (expiresAt <= validFrom) return { field, message: 'Must be after it begins' }
  if (expiresAt.getTime() - validFrom.getTime() > longestDays * day)
    return { field, message: `May be at most ${longestDays} days after it begins` }
  return null
}

type Words = { reason: string; compensatingControls: string | null; evidence: readonly string[] }

/** What is wrong with what is said for an acceptance; null where nothing is. */
export function unfitWords({ reason, compensatingControls, evidence }: Words): Wrong | null {
  if (!reason.trim()) return { field: 'reason', message: 'Say why' }
  for (const [field, text] of Object.entries({ reason, compensatingControls }))
    if ((text ?? '').length > longest) return { field, message: `At most ${longest} characters` }
  const isFit = evidence.length <= 50 && evidence.every((each) => each.trim() && each.length <= longest)
  return isFit ? null : { field: 'evidence', message: `At most 50 texts of 1 to ${longest} characters` }
}

type Selector = Pick<AcceptanceRow, 'findingIds' | 'cveIds' | 'assetIds'>

/** What is wrong with what an acceptance is of; null where nothing is. */
export function unfitSelector({ findingIds, cveIds, assetIds }: Selector): Wrong | null {
  if (findingIds.length > 0 === cveIds.length > 0)
    return { field: 'vulnerabilityIds', message: 'Name either findings or CVE ids' }
  if (findingIds.length > 0 && assetIds.length > 0)
    return { field: 'assetIds', message: 'Only beside CVE ids' }
  for (const [field, ids] of Object.entries({ vulnerabilityIds: findingIds, cveIds, assetIds }))
    if (ids.length > mostIds) return { field, message: `At most ${mostIds}` }
  return null
}

export const mayBeAccepted = (status: Status): boolean => acceptable.includes(status)

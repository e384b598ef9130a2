/** What an alert must be that a source reports. */
import type { Severity } from '#kit/severity.ts'
import type { AlertRow } from '../tables.ts'

export type Incoming = {
  sourceRef: string | null
  ruleId: string | null
  assetId: string | null
  severity: Severity
  confidence: AlertRow['confidence']
  title: string
  description: string | null
  attacks: string[]
  metadata: Record<string, unknown>
}

const most = {
  source: 100,
  sourceRef: 500,
  ruleId: 255,
  title: 500,
  description: 20_000,
  attacks: 50,
  metadata: 20_000,
}
const technique = /^T\d{4}(\.\d{3})?$/
// What PostgreSQL's text cannot hold, as JSON writes it.
const unheld = /\\u0000|\\ud[89a-f][0-9a-f]{2}/i

/** Why an alert cannot be taken, by the field that is wrong; null for one that can. */
export function wrongIn(
  source: string,
  alert: Incoming,
  isId: (id: string) => boolean,
): { field: string; message: string } | null {
  const { title, assetId, attacks, metadata } = alert
  if (title.trim() === '') return { field: 'title', message: 'Must not be empty' }
  for (const name of ['title', 'description', 'sourceRef', 'ruleId'] as const)
    if ((alert[name]?.length ?? 0) > most[name])
      return { field: name, message: `At most ${most[name]} characters` }
  if (source.length > most.source) return { field: 'source', message: `At most ${most.source} characters` }
  if (assetId !== null && !isId(assetId)) return { field: 'assetId', message: 'Must be the id of an asset' }
  if (attacks.length > most.attacks) return { field: 'attacks', message: `At most ${most.attacks}` }
  if (!attacks.every((each) => technique.test(each)))
    return { field: 'attacks', message: 'Must be techniques such as T1059.001' }
  if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata))
    return { field: 'metadata', message: 'Must be an object' }
  if (JSON.stringify(metadata).length > most.metadata)
    return { field: 'metadata', message: `At most ${most.metadata} characters` }
  if (unheld.test(JSON.stringify([source, alert])))
    return { field: 'text', message: 'May not contain the character U+0000' }
  return null
}

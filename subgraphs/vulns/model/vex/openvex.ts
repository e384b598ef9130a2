/** OpenVEX 0.2.0, as it is written. */
import { openvexOf, type Word } from '../../rules-vex.ts'
import { actionOf, assetIri, type Head, type Statement, uuidOf } from './statement.ts'

export const openvexContext = 'https://openvex.dev/ns/v0.2.0'

/** Our own words, on the first line of the notes: OpenVEX has fewer. */
function notesOf({ status, justification, resolution, reason }: Statement): string {
  const words = [
    `nexus:status=${status}`,
    ...(justification ? [`nexus:justification=${justification}`] : []),
    ...(resolution ? [`nexus:resolution=${resolution}`] : []),
  ]
  return reason ? `${words.join(' ')}\n${reason}` : words.join(' ')
}

const ours = /^nexus:status=(\w+)(?: nexus:justification=(\w+))?(?: nexus:resolution=(\w+))?(?:\n(.*))?$/s

/** What such notes say: our words, as far as there are some, and the reason. */
export function notedIn(notes: string): { word: Record<keyof Word, string | null> | null; reason: string } {
  const [whole, status, justification, resolution, reason] = ours.exec(notes) ?? []
  if (whole === undefined) return { word: null, reason: notes }
  const word = { status: status!, justification: justification ?? null, resolution: resolution ?? null }
  return { word, reason: reason ?? '' }
}

function productOf({ purl, key, asset }: Statement): object {
  const component = { '@id': key, ...(purl && { identifiers: { purl } }) }
  return asset === null ? component : { '@id': assetIri(asset), subcomponents: [component] }
}

function written(statement: Statement): object {
  const { name, aliases, at, reason } = statement
  const { status, justification } = openvexOf(statement)
  return {
    vulnerability: { name, ...(aliases.length > 0 && { aliases }) },
    timestamp: at.toISOString(),
    products: [productOf(statement)],
    status,
    status_notes: notesOf(statement),
    ...(justification && { justification }),
    ...(status === 'not_affected' && !justification && { impact_statement: reason ?? 'It is not affected.' }),
    ...(status === 'affected' && { action_statement: actionOf(statement) }),
  }
}

/** The document, whose id follows from what it says: only the time differs between two that say the same. */
export function openvex(statements: readonly Statement[], { author, at }: Head): string {
  const said = statements.map(written)
  return JSON.stringify({
    '@context': openvexContext,
    '@id': `urn:uuid:${uuidOf(JSON.stringify([author, said]))}`,
    author,
    timestamp: at.toISOString(),
    version: 1,
    tooling: 'Nexus',
    statements: said,
  })
}

/** OpenVEX 0.2.0, as others write it. */
import { purlOf } from '../../rules-purl.ts'
import { fromOpenvex, openvexJustifications, openvexStatuses } from '../../rules-vex.ts'
import { type Claim, type Claims, limits, nameOf, type Target, wordIn } from './claim.ts'
import { object, objects, type Placed, required, text, texts, time, wordOf, wrong } from './json.ts'
import { notedIn, openvexContext } from './openvex.ts'
import { assetOf } from './statement.ts'

const none = { purl: null, key: null, asset: null, product: null, versions: null }

/** The purl by which a component is told, wherever it stands; else its IRI. */
function componentIn(from: Placed): Pick<Target, 'purl' | 'key'> & { iri: string | null } {
  const iri = text(from, '@id')
  const identifiers = object(from, 'identifiers')
  const purl = purlOf(identifiers && text(identifiers, 'purl')) ?? purlOf(iri)
  const isOurs = iri !== null && /^urn:nexus:(component|place):/.test(iri)
  return { purl, key: !purl && isOurs ? iri : null, iri }
}

/** A product is what the weakness is in, or what its subcomponents are in that it is in. */
function targetsOf(product: Placed): Target[] {
  const { purl, key, iri } = componentIn(product)
  const within = objects(product, 'subcomponents', limits.statements).map(componentIn)
  const asset = iri ? assetOf(iri) : null
  if (within.length === 0) return asset === null ? [{ ...none, purl, key }] : [{ ...none, asset }]
  const named = asset === null ? (iri ?? 'a product without an id') : null
  return within.map((part) => ({ ...none, purl: part.purl, key: part.key, asset, product: named }))
}

function claimOf(from: Placed, issued: Date): Claim {
  const vulnerability = object(from, 'vulnerability')
  if (!vulnerability) throw wrong(`${from.at}.vulnerability`, 'is wanted')
  const status = wordOf(from, 'status', openvexStatuses)
  if (!status) throw wrong(`${from.at}.status`, 'is wanted')
  const justification = wordOf(from, 'justification', openvexJustifications)
  const noted = notedIn(text(from, 'status_notes') ?? '')
  const impact = text(from, 'impact_statement')
  if (status === 'not_affected' && !justification && !impact)
    throw wrong(from.at, 'not_affected wants a justification or an impact_statement')
  const names = [required(vulnerability, 'name'), ...texts(vulnerability, 'aliases', limits.names)]
  return {
    ...fromOpenvex({ status, justification }, wordIn(noted.word)),
    place: from.at,
    names: [...new Set(names.map(nameOf))],
    targets: objects(from, 'products', limits.statements).flatMap(targetsOf),
    reason: noted.word ? noted.reason || null : (impact ?? (noted.reason || null)),
    at: time(from, 'last_updated') ?? time(from, 'timestamp') ?? issued,
  }
}

/** Throws VALIDATION_ERROR with the place of what is wrong. */
export function readOpenvex(document: Placed): Claims {
  const context = required(document, '@context')
  if (context !== openvexContext)
    throw wrong('$.@context', `must be ${openvexContext}: other versions are not read`)
  const issued = time(document, 'timestamp')
  if (!issued) throw wrong('$.timestamp', 'is wanted')
  const statements = objects(document, 'statements', limits.statements)
  return {
    format: 'openvex',
    id: required(document, '@id'),
    author: required(document, 'author'),
    claims: statements.map((statement) => claimOf(statement, issued)),
  }
}

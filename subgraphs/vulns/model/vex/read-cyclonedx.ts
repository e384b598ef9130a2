/** CycloneDX 1.4 to 1.6 with analyses, as others write it. */
import { createHash } from 'node:crypto'
import { purlOf } from '../../rules-purl.ts'
import { cyclonedxStates, fromCyclonedx } from '../../rules-vex.ts'
import { justifications } from '../../tables.ts'
import { type Claim, type Claims, limits, nameOf, type Target, wordIn } from './claim.ts'
import { property } from './cyclonedx.ts'
import { object, objects, type Placed, required, text, time, wordOf, wrong } from './json.ts'

const versions = ['1.4', '1.5', '1.6']
const most = { components: 50_000, deep: 50 }
const none: Target = { purl: null, key: null, asset: null, product: null, versions: null }

const propertyIn = (from: Placed, name: string): string | null => {
  const found = objects(from, 'properties', limits.statements).find((each) => text(each, 'name') === name)
  return found ? text(found, 'value') : null
}

/** What each reference stands for, of components inside components too. */
function componentsOf(document: Placed): Map<string, Target> {
  const metadata = object(document, 'metadata')
  const product = metadata && object(metadata, 'component')
  const found = new Map<string, Target>()
  let level = [...objects(document, 'components', most.components), ...(product ? [product] : [])]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > most.deep || found.size + level.length > most.components)
      throw wrong('$.components', `at most ${most.components}, ${most.deep} deep`)
    for (const component of level) {
      const ref = text(component, 'bom-ref')
      if (ref === null) continue
      const asset = propertyIn(component, property.asset)
      const key = propertyIn(component, property.component)
      found.set(ref, { ...none, purl: purlOf(text(component, 'purl')), key, asset })
    }
    level = level.flatMap((component) => objects(component, 'components', most.components))
  }
  return found
}

const link = /^urn:cdx:[0-9a-f-]{36}\/[1-9]\d*#(.+)$/i

function unescaped(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}

/** A reference into this document, or into another one whose references are purls. */
function referred(ref: string, components: ReadonlyMap<string, Target>): Target {
  const known = components.get(ref)
  if (known) return known
  const inside = unescaped(link.exec(ref)?.[1] ?? ref)
  return components.get(inside) ?? { ...none, purl: purlOf(inside) }
}

const isRange = (version: Placed): boolean => text(version, 'range') !== null

function targetOf(affects: Placed, components: ReadonlyMap<string, Target>): Target {
  const target = referred(required(affects, 'ref'), components)
  const named = objects(affects, 'versions', limits.statements)
  if (named.length === 0) return target
  // Of a range nobody knows here what is in it.
  if (named.some(isRange)) return target
  const counts = named.filter((each) => text(each, 'status') !== 'unknown')
  return { ...target, versions: counts.map((each) => required(each, 'version')) }
}

function claimOf(from: Placed, components: ReadonlyMap<string, Target>, issued: Date | null): Claim | null {
  const analysis = object(from, 'analysis')
  const state = analysis && wordOf(analysis, 'state', cyclonedxStates)
  // Without one, it is what a scan has found.
  if (!analysis || !state) return null
  const justification = wordOf(analysis, 'justification', justifications)
  const ours = wordIn({
    status: propertyIn(from, property.status),
    justification,
    resolution: propertyIn(from, property.resolution),
  })
  const affected = objects(from, 'affects', limits.statements)
  const ranged = affected.some((each) => objects(each, 'versions', limits.statements).some(isRange))
  const said = { state, justification: state === 'not_affected' ? justification : null }
  const others = objects(from, 'references', limits.names).flatMap((each) => text(each, 'id') ?? [])
  return {
    ...(ranged ? { unclear: 'Names a range of versions, which is not compared' } : fromCyclonedx(said, ours)),
    place: from.at,
    names: [...new Set([required(from, 'id'), ...others].map(nameOf))],
    targets: affected.map((each) => targetOf(each, components)),
    reason: text(analysis, 'detail'),
    at: time(analysis, 'lastUpdated') ?? time(analysis, 'firstIssued') ?? time(from, 'updated') ?? issued,
  }
}

/** Who says so: whoever supplies, made or wrote it, in that order. */
function authorOf(metadata: Placed | null): string {
  if (!metadata) return 'somebody'
  for (const key of ['supplier', 'manufacturer', 'manufacture']) {
    const name = object(metadata, key)
    const known = name && text(name, 'name')
    if (known) return known
  }
  const [author] = objects(metadata, 'authors', limits.names)
  return (author && (text(author, 'name') ?? text(author, 'email'))) ?? 'somebody'
}

/** Throws VALIDATION_ERROR with the place of what is wrong. */
export function readCyclonedx(document: Placed, given: string): Claims {
  const version = required(document, 'specVersion')
  if (!versions.includes(version))
    throw wrong('$.specVersion', `must be one of ${versions.join(', ')}: others are not read`)
  const metadata = object(document, 'metadata')
  const issued = metadata && time(metadata, 'timestamp')
  const components = componentsOf(document)
  const vulnerabilities = objects(document, 'vulnerabilities', limits.statements)
  const digest = createHash('sha256').update(given).digest('hex')
  return {
    format: 'cyclonedx',
    id: text(document, 'serialNumber') ?? `urn:sha256:${digest}`,
    author: authorOf(metadata),
    claims: vulnerabilities.flatMap((each) => claimOf(each, components, issued) ?? []),
  }
}

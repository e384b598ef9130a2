import { bareScore, cvssOf } from './cvss.ts'
import type { Draft } from './fold.ts'
import type { Json } from './json.ts'
import { each, isObject, number, object, text } from './json.ts'
import type { Finding, Severity } from './report.ts'
import { ruleText, sentence } from './sarif-message.ts'
import type { Spot } from './sarif-place.ts'
import { fingerprintOf, spotsOf } from './sarif-place.ts'
import type { Rule, Run } from './sarif-run.ts'
import { overrideKey, ruleOf } from './sarif-run.ts'
import { severityOf, severityOfScore } from './severity.ts'
import { clip, cveIn, cwes, key, links, title, unique } from './text.ts'

// `informational` by the standard does not indicate a problem; `open` and `review` may.
const noFinding = new Set(['pass', 'notApplicable', 'informational'])

export function draftsOf(result: Json, at: string, run: Run): Draft[] {
  const kind = text(result, 'kind', at, 50) ?? 'fail'
  if (noFinding.has(kind)) return []
  const { id, rule } = ruleOf(result, at, run)
  const bags = [object(result, 'properties', at), rule && object(rule.json, 'properties', rule.at)]
  const score = bags
    .map((bag) => bag?.['security-severity'])
    .find((value) => value !== undefined && value !== null)
  const rated = rating(bags, bareScore(score))
  const message = sentence(object(result, 'message', at), `${at}.message`, rule, run.driver)
  const tags = unique(bags.flatMap((bag) => listed(bag?.tags)))
  const cveId = cveIn(id ?? '') ?? tags.map(cveIn).find(Boolean) ?? null
  const about = ruleText(rule)
  const shared = {
    kind: kindOf(rule, run, tags),
    ids: unique([cveId, id].filter((value) => value !== null).map((value) => value.slice(0, 500))),
    cveId,
    description:
      clip(
        [message, about.full].filter((value, i, all) => value && all.indexOf(value) === i).join('\n\n'),
        20_000,
      ) || null,
    remediation: clip(fixes(result, at) ?? about.help, 10_000),
    severity: severityFrom(score, rated.cvssScore, level(result, at, kind, rule, run)),
    ...rated,
    references: links([about.uri, ...(about.help?.startsWith('http') ? [about.help] : [])]),
    ruleId: clip(id, 500),
    cwes: cwes([
      ...tags,
      ...bags.flatMap((bag) => listed(bag?.cwe)),
      ...taxa(result, at),
      ...relations(rule),
    ]),
    suppressed: suppressed(result, at),
  }
  const installed = packageIn(message, about.help)
  const headline = installed ? `${id} in ${installed.name}${about.short ? `: ${about.short}` : ''}` : message
  const print = fingerprintOf(result, at)
  const spots = spotsOf(result, at, run)
  return spots.map((spot) => ({
    finding: {
      ...shared,
      kind: installed ? 'package' : shared.kind,
      key: key('rule', id ?? '', spot.path ?? '', installed?.name ?? '', identity(spot, print, spots.length)),
      title: title(headline || about.short || rule?.id || id || 'Result without a message'),
      component: installed
        ? { name: installed.name, version: installed.version, purl: null, path: spot.path }
        : null,
      location: spot.path ? { path: spot.path, line: spot.line } : null,
      fixedVersions: installed?.fixed ?? [],
    },
    collide: installed ? 'fold' : 'number',
    line: spot.line ?? 0,
    column: spot.column,
  }))
}

/** A fingerprint belongs to the whole result: of several places each needs its own mark beside it. */
function identity(spot: Spot, print: string, places: number): string {
  const own = [spot.symbol, spot.snippet].filter(Boolean).join(' ')
  return places > 1 ? [print, own].filter(Boolean).join(' ') : print || own
}

function severityFrom(given: unknown, score: number | null, level: string): Severity {
  if (score !== null) return severityOfScore(score)
  const word = typeof given === 'string' ? severityOf(given) : 'unknown'
  if (word !== 'unknown') return word
  return level === 'error' ? 'high' : level === 'note' || level === 'none' ? 'info' : 'medium'
}

/** SARIF 2.1.0 section 3.27.10. */
function level(result: Json, at: string, kind: string, rule: Rule | null, run: Run): string {
  const own = text(result, 'level', at, 50)
  if (own) return own
  if (kind !== 'fail') return 'none'
  const provenance = object(result, 'provenance', at)
  const invocation = provenance && number(provenance, 'invocationIndex', `${at}.provenance`)
  // Without an invocation of its own a result belongs to the only one.
  const position = invocation !== null && invocation >= 0 ? invocation : run.invocations.length === 1 ? 0 : -1
  const override =
    rule &&
    ((rule.id && run.overrides.get(overrideKey(position, rule.id))) ??
      run.overrides.get(overrideKey(position, rule.index)))
  const configuration = rule && object(rule.json, 'defaultConfiguration', rule.at)
  return (
    override ??
    (configuration && text(configuration, 'level', `${rule.at}.defaultConfiguration`, 50)) ??
    'warning'
  )
}

/** Accepted suppressions; one that is under review or rejected does not count. */
function suppressed(result: Json, at: string): boolean {
  const states = each(result, 'suppressions', at).map(
    ([one, path]) => text(one, 'status', path, 50) ?? text(one, 'state', path, 50),
  )
  return states.length > 0 && states.every((state) => state === null || state === 'accepted')
}

const scanners: readonly [RegExp, Finding['kind']][] = [
  [/gitleaks|trufflehog|detect-secrets|secretlint|ggshield/i, 'secret'],
  [
    /checkov|tfsec|kics|terrascan|dockle|hadolint|kubescape|kube-linter|kube-score|cfn-lint|regula/i,
    'config',
  ],
]
// The names that Trivy gives to the classes of its rules.
const classes = new Map<string, Finding['kind']>([
  ['OsPackageVulnerability', 'package'],
  ['LanguageSpecificPackageVulnerability', 'package'],
  ['Misconfiguration', 'config'],
  ['Secret', 'secret'],
  ['License', 'license'],
])

function kindOf(rule: Rule | null, run: Run, tags: readonly string[]): Finding['kind'] {
  const known = classes.get((rule && text(rule.json, 'name', rule.at, 200)) ?? '')
  if (known) return known
  const driver = text(run.driver.json, 'name', run.driver.at, 200) ?? ''
  const scanner = scanners.find(([pattern]) => pattern.test(driver))
  return scanner?.[1] ?? (tags.some((tag) => /^secrets?$/i.test(tag)) ? 'secret' : 'code')
}

/** Scanners of packages put name and versions into the text: the only place SARIF leaves them. */
function packageIn(...texts: readonly (string | null)[]) {
  for (const value of texts) {
    const name = value && /^\s*Package: *(\S.{0,400})$/m.exec(value)?.[1]?.trim()
    const version = name && /^\s*(?:Installed )?Version: *(\S.{0,200})$/m.exec(value)?.[1]?.trim()
    if (!name || !version) continue
    const fixed = /^\s*Fix(?:ed)? Version: *(\S.{0,400})$/m.exec(value)?.[1] ?? ''
    return { name, version, fixed: fixed.split(/[,\s]+/).filter(Boolean) }
  }
  return null
}

function rating(bags: readonly (Json | null)[], bare: number | null): Pick<Finding, 'cvss' | 'cvssScore'> {
  const found = bags.flatMap((bag) =>
    Object.entries(bag ?? {}).flatMap(([name, value]) =>
      /cvss/i.test(name) && typeof value === 'string' ? [{ vector: value, source: 'sarif' }] : [],
    ),
  )
  const vectors = unique(found.map(({ vector }) => vector))
  // One score is stated: with several vectors nobody knows of which.
  const cvss = cvssOf(found.map((each) => (vectors.length === 1 ? { ...each, bare } : each)))
  return { cvss, cvssScore: cvss[0]?.score ?? bare }
}

/** Property bags are free-form: anything but text is passed over. */
function listed(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(listed)
  if (typeof value === 'string') return [value]
  return isObject(value) && typeof value.id === 'string' ? [value.id] : []
}

function fixes(result: Json, at: string): string | null {
  const texts = each(result, 'fixes', at).map(([fix, path]) =>
    sentence(object(fix, 'description', path), `${path}.description`, null, null),
  )
  return texts.filter(Boolean).join('\n') || null
}

const inTaxonomy = (id: string | null, component: Json | null): string[] =>
  id === null ? [] : /^\d+$/.test(id) && component?.name === 'CWE' ? [`CWE-${id}`] : [id]

const taxa = (result: Json, at: string): string[] =>
  each(result, 'taxa', at).flatMap(([taxon, path]) =>
    inTaxonomy(text(taxon, 'id', path, 200), object(taxon, 'toolComponent', path)),
  )

function relations(rule: Rule | null): string[] {
  if (!rule) return []
  return each(rule.json, 'relationships', rule.at).flatMap(([relation, path]) => {
    const target = object(relation, 'target', path)
    return target
      ? inTaxonomy(
          text(target, 'id', `${path}.target`, 200),
          object(target, 'toolComponent', `${path}.target`),
        )
      : []
  })
}

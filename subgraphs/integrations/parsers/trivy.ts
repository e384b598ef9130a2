import type { Draft, Head } from './fold.ts'
import { assemble } from './fold.ts'
import type { Json } from './json.ts'
import { each, eachOf, isObject, Misfit, number, object, strings, text } from './json.ts'
import type { AssetType, Check, Report } from './report.ts'
import { ReportError } from './report.ts'
import type { Place } from './trivy-records.ts'
import { license, misconfiguration, secret, vulnerability } from './trivy-records.ts'

export const label = 'Trivy JSON'

const clusterLists = ['Resources', 'Findings', 'Vulnerabilities', 'Misconfigurations'] as const

/** Told by structure. `null` is what old Trivy writes when it found nothing. */
export function detects(root: unknown): boolean {
  if (root === null) return true
  if (Array.isArray(root)) return isObject(root[0]) && typeof root[0].Target === 'string'
  if (!isObject(root)) return false
  if ('ClusterName' in root) return clusterLists.some((list) => list in root)
  return 'SchemaVersion' in root && ['ArtifactName', 'ArtifactType', 'Results'].some((name) => name in root)
}

/** What may be read when the format is named: an empty list has no structure to tell it by. */
export const accepts = (root: unknown): boolean =>
  detects(root) ||
  (Array.isArray(root) && root.length === 0) ||
  (isObject(root) && typeof root.ClusterName === 'string')

export function parse(root: unknown): Report {
  if (root === null || Array.isArray(root)) return legacy(root ?? [])
  if (!isObject(root)) throw new Misfit('$', 'expected an object or an array')
  const version = number(root, 'SchemaVersion', '$')
  const cluster = 'ClusterName' in root || !('SchemaVersion' in root)
  if (version !== 2 && !(cluster && !version))
    throw new ReportError(
      'REPORT_UNSUPPORTED_VERSION',
      `Trivy SchemaVersion ${version ?? 'null'} is not supported: 2 is.`,
    )
  return cluster ? kubernetes(root) : schema2(root)
}

function legacy(root: unknown): Report {
  const results = eachOf(root, '$')
  const drafts = results.flatMap(([result, at]) => recordsOf(result, at, ''))
  const checked = results.flatMap(([result, at]) => checkedOf(result, at, ''))
  const image = results.map(([result, at]) => imageOf(text(result, 'Target', at))).find(Boolean) ?? null
  const head = { format: 'trivy', tool: { name: 'Trivy', version: null }, complete: true, checked }
  return assemble({ ...head, assetName: image, assetType: image ? 'container_image' : 'repository' }, drafts)
}

function schema2(root: Json): Report {
  const results = each(root, 'Results', '$')
  const drafts = results.flatMap(([result, at]) => recordsOf(result, at, ''))
  const system = results.some(([result]) => result.Class === 'os-pkgs')
  const tool = object(root, 'Trivy', '$')
  return assemble(
    {
      format: 'trivy',
      tool: { name: 'Trivy', version: tool && text(tool, 'Version', '$.Trivy', 100) },
      assetName: artifactName(root),
      assetType: artifactType(text(root, 'ArtifactType', '$'), system),
      complete: true,
      checked: results.flatMap(([result, at]) => checkedOf(result, at, '')),
    },
    drafts,
  )
}

function kubernetes(root: Json): Report {
  const lists: Draft[][] = []
  const checked: NonNullable<Head['checked']> = []
  let complete = true
  for (const list of clusterLists)
    for (const [resource, at] of each(root, list, '$')) {
      const names = ['Namespace', 'Kind', 'Name'].map((name) => text(resource, name, at, 500) ?? '')
      if (text(resource, 'Error', at)) complete = false
      const workload = names.filter(Boolean).join('/')
      for (const [result, path] of each(resource, 'Results', at)) {
        lists.push(recordsOf(result, path, workload))
        checked.push(...checkedOf(result, path, workload))
      }
    }
  const assetName = text(root, 'ClusterName', '$', 500)
  const head = { format: 'trivy', tool: { name: 'Trivy', version: null }, complete, checked }
  return assemble({ ...head, assetName, assetType: 'kubernetes_workload' }, lists.flat())
}

const placeOf = (result: Json, at: string, workload: string): Place => ({
  target: text(result, 'Target', at) ?? '',
  type: text(result, 'Type', at, 100) ?? '',
  class: text(result, 'Class', at, 100) ?? '',
  workload,
})

/** What is no record because nothing is wrong; an exception is a check that does not apply. */
const inOrder = new Map<string | null, Check['result']>([
  ['PASS', 'pass'],
  ['EXCEPTION', 'not_applicable'],
])

function checkedOf(result: Json, at: string, workload: string): NonNullable<Head['checked']> {
  const place = placeOf(result, at, workload)
  return each(result, 'Misconfigurations', at).flatMap(([found, path]) => {
    const outcome = inOrder.get(text(found, 'Status', path, 20))
    return outcome ? [{ finding: misconfiguration(found, path, place).finding, result: outcome }] : []
  })
}

function recordsOf(result: Json, at: string, workload: string): Draft[] {
  const place = placeOf(result, at, workload)
  if (!('Target' in result) && !('Vulnerabilities' in result) && !('Class' in result))
    throw new Misfit(`${at}.Target`, 'a string is required')
  const failed = each(result, 'Misconfigurations', at).filter(
    ([found, path]) => !inOrder.has(text(found, 'Status', path, 20)),
  )
  return [
    ...each(result, 'Vulnerabilities', at).map(([found, path]) => vulnerability(found, path, place)),
    ...failed.map(([found, path]) => misconfiguration(found, path, place)),
    ...each(result, 'Secrets', at).map(([found, path]) => secret(found, path, place)),
    ...each(result, 'Licenses', at).map(([found, path]) => license(found, path, place)),
  ]
}

/** `debian:12 (debian 12.4)` is how Trivy titles the packages of the system. */
const imageOf = (target: string | null): string | null =>
  /^(.+?) \([a-z][^()]*\)$/.exec(target ?? '')?.[1] ?? null

function artifactName(root: Json): string | null {
  const metadata = object(root, 'Metadata', '$')
  const tags = metadata ? strings(metadata, 'RepoTags', '$.Metadata') : []
  const name = text(root, 'ArtifactName', '$', 500) ?? tags[0]?.slice(0, 500) ?? null
  return name === null || /^[./\\]*$/.test(name) ? null : name
}

function artifactType(type: string | null, system: boolean): AssetType {
  switch (type) {
    case 'container_image':
      return 'container_image'
    case 'vm':
      return 'host'
    case 'repository':
      return 'repository'
    case 'filesystem':
      return system ? 'host' : 'repository'
    case 'cyclonedx':
    case 'spdx':
      return 'application'
    default:
      return 'other'
  }
}

import type { Draft, Drafted, Told } from './fold.ts'
import { imageIdentifiers, repositoryIdentifiers } from './identity.ts'
import type { Json } from './json.ts'
import { each, eachOf, isObject, Misfit, number, object, strings, text, through } from './json.ts'
import type { AssetIdentifier, AssetType, Check, Finding } from './report.ts'
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

export function parse(root: unknown): Drafted {
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

/** What Trivy found at one target, of one workload where it looked at many. */
type Result = readonly [json: Json, at: string, workload: string]

function report(told: Omit<Told, 'format' | 'checked'>, results: readonly Result[]): Drafted {
  const checked = function* () {
    for (const result of results) yield* checkedOf(...result)
  }
  const drafts = function* () {
    for (const result of results) yield* recordsOf(...result)
  }
  return { told: { format: 'trivy', ...told, checked }, drafts }
}

function legacy(root: unknown): Drafted {
  const results = eachOf(root, '$').map(([result, at]): Result => [result, at, ''])
  const image = results.map(([result, at]) => imageOf(text(result, 'Target', at))).find(Boolean) ?? null
  const assetType = image ? 'container_image' : 'repository'
  return report(
    { tool: { name: 'Trivy', version: null }, complete: true, assetName: image, assetType },
    results,
  )
}

function schema2(root: Json): Drafted {
  const results = each(root, 'Results', '$').map(([result, at]): Result => [result, at, ''])
  const system = results.some(([result]) => result.Class === 'os-pkgs')
  const tool = object(root, 'Trivy', '$')
  return report(
    {
      tool: { name: 'Trivy', version: tool && text(tool, 'Version', '$.Trivy', 100) },
      assetName: artifactName(root),
      assetType: artifactType(text(root, 'ArtifactType', '$'), system),
      assetIdentifiers: artifactIdentifiers(root),
      complete: true,
    },
    results,
  )
}

function kubernetes(root: Json): Drafted {
  const results: Result[] = []
  let complete = true
  for (const list of clusterLists)
    for (const [resource, at] of each(root, list, '$')) {
      const names = ['Namespace', 'Kind', 'Name'].map((name) => text(resource, name, at, 500) ?? '')
      if (text(resource, 'Error', at)) complete = false
      const workload = names.filter(Boolean).join('/')
      for (const [result, path] of each(resource, 'Results', at)) results.push([result, path, workload])
    }
  const assetName = text(root, 'ClusterName', '$', 500)
  return report(
    { tool: { name: 'Trivy', version: null }, complete, assetName, assetType: 'kubernetes_workload' },
    results,
  )
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

function* checkedOf(
  result: Json,
  at: string,
  workload: string,
): Generator<{ finding: Finding; result: Check['result'] }> {
  const place = placeOf(result, at, workload)
  for (const [found, path] of through(result, 'Misconfigurations', at)) {
    const outcome = inOrder.get(text(found, 'Status', path, 20))
    if (outcome) yield { finding: misconfiguration(found, path, place).finding, result: outcome }
  }
}

function* recordsOf(result: Json, at: string, workload: string): Generator<Draft> {
  const place = placeOf(result, at, workload)
  if (!('Target' in result) && !('Vulnerabilities' in result) && !('Class' in result))
    throw new Misfit(`${at}.Target`, 'a string is required')
  for (const [found, path] of through(result, 'Vulnerabilities', at)) yield vulnerability(found, path, place)
  for (const [found, path] of through(result, 'Misconfigurations', at)) {
    const isInOrder = inOrder.has(text(found, 'Status', path, 20))
    // It is no record, but it has to fit all the same.
    const draft = misconfiguration(found, path, place)
    if (!isInOrder) yield draft
  }
  for (const [found, path] of through(result, 'Secrets', at)) yield secret(found, path, place)
  for (const [found, path] of through(result, 'Licenses', at)) yield license(found, path, place)
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

/** What the metadata tell of the image, or of the repository. */
function artifactIdentifiers(root: Json): AssetIdentifier[] {
  const { Metadata: metadata } = root
  const isImage = root.ArtifactType === 'container_image'
  if (isImage) return imageIdentifiers(metadata, ['RepoDigests', 'ImageID'])
  return repositoryIdentifiers(isObject(metadata) ? metadata.RepoURL : null)
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

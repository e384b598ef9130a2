import type { Drafted, Told } from './fold.ts'
import { imageIdentifiers, repositoryIdentifiers, repositoryName } from './identity.ts'
import type { Json } from './json.ts'
import { asObject, each, eachOf, isObject, Misfit, object, required, text, through } from './json.ts'
import { ReportError } from './report.ts'
import { draftsOf } from './sarif-result.ts'
import type { Run } from './sarif-run.ts'
import { openRun } from './sarif-run.ts'

export const label = 'SARIF'

const schemaOf = (root: Json): string => (typeof root.$schema === 'string' ? root.$schema.slice(0, 500) : '')

export function detects(root: unknown): boolean {
  if (!isObject(root)) return false
  return /sarif/i.test(schemaOf(root)) || (typeof root.version === 'string' && Array.isArray(root.runs))
}

export const accepts = (root: unknown): boolean => detects(root) || (isObject(root) && 'runs' in root)

export function parse(value: unknown): Drafted {
  const root = asObject(value, '$')
  const version =
    text(root, 'version', '$', 50) ?? (/sarif-(?:schema-)?2\.1\.0/i.test(schemaOf(root)) ? '2.1.0' : '')
  if (!version) throw new Misfit('$.version', 'a non-empty string is required')
  if (!version.startsWith('2.1.0'))
    throw new ReportError('REPORT_UNSUPPORTED_VERSION', `SARIF ${version} is not supported: 2.1.0 is.`)
  // By the standard null says that the producer failed to get its runs: no empty report.
  if (root.runs === null || root.runs === undefined) throw new Misfit('$.runs', 'an array is required')
  const runs = eachOf(root.runs, '$.runs').map(([run, at]) => openRun(run, at))
  const beside = inlined(root, runs)
  const drafts = function* () {
    for (const run of runs)
      for (const [result, at] of through(run.json, 'results', run.at)) yield* draftsOf(result, at, run)
    for (const { json, path, run } of beside)
      for (const [result, at] of through(json, 'results', path)) {
        if (!run) throw new Misfit(path, 'its results belong to no run')
        yield* draftsOf(result, at, run)
      }
  }
  const driver = runs[0]?.driver
  return {
    told: {
      format: 'sarif',
      tool: {
        name: (driver && text(driver.json, 'name', driver.at, 200)) ?? 'SARIF',
        version:
          (driver &&
            (text(driver.json, 'semanticVersion', driver.at, 100) ??
              text(driver.json, 'version', driver.at, 100))) ??
          null,
      },
      ...asset(runs),
      complete: runs.every(finished),
    },
    drafts,
  }
}

/** Where a log holds results beside its runs. Results in other files are missing: the report is not whole. */
function inlined(root: Json, runs: readonly Run[]): { json: Json; path: string; run: Run | undefined }[] {
  for (const run of runs) {
    const files = object(run.json, 'externalPropertyFileReferences', run.at)
    for (const [file, at] of files ? each(files, 'results', `${run.at}.externalPropertyFileReferences`) : [])
      if (object(file, 'location', at)) throw new Misfit(at, 'its results lie in another file')
  }
  const byGuid = new Map(runs.map((run) => [run.guid, run]))
  return each(root, 'inlineExternalProperties', '$').map(([json, path]) => {
    const guid = text(json, 'runGuid', path, 100)
    return { json, path, run: (guid === null ? undefined : byGuid.get(guid)) ?? runs[0] }
  })
}

function finished(run: Run): boolean {
  const failed = run.invocations.some((invocation) => invocation.executionSuccessful === false)
  return !failed && Array.isArray(run.json.results)
}

/** Only what a run says about itself: the image that Trivy scanned, or the repository under version control. */
function asset(runs: readonly Run[]): Pick<Told, 'assetName' | 'assetType' | 'assetIdentifiers'> {
  for (const { properties } of runs) {
    const image = properties?.imageName
    if (typeof image === 'string' && image)
      return {
        assetName: required(properties!, 'imageName', '$').slice(0, 500),
        assetType: 'container_image',
        assetIdentifiers: imageIdentifiers(properties, ['repoDigests', 'imageID']),
      }
  }
  const uris = runs.flatMap((run) =>
    each(run.json, 'versionControlProvenance', run.at).map(([origin, at]) =>
      text(origin, 'repositoryUri', at, 2000),
    ),
  )
  const uri = uris.find(Boolean) ?? null
  return {
    assetName: repositoryName(uri),
    assetType: 'repository',
    assetIdentifiers: repositoryIdentifiers(uri),
  }
}

/** Reports that tests make up, and how they are imported. */
import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import type { Visitor } from '../test-house.ts'

export type Weakness = { id: string; package: string; severity?: string; title?: string; version?: string }

/** A Trivy report of an image, as small as it can be. */
export const trivyReport = (image: string, weaknesses: Weakness[]) =>
  JSON.stringify({
    SchemaVersion: 2,
    ArtifactName: image,
    ArtifactType: 'container_image',
    Results: [
      {
        Target: `${image} (debian 12)`,
        Class: 'os-pkgs',
        Type: 'debian',
        Vulnerabilities: weaknesses.map((weakness) => ({
          VulnerabilityID: weakness.id,
          PkgName: weakness.package,
          InstalledVersion: weakness.version ?? '1.0',
          Severity: weakness.severity ?? 'HIGH',
          Title: weakness.title ?? `Weakness in ${weakness.package}`,
        })),
      },
    ],
  })

export type Run = {
  id: string
  operation_id: string
  status: string
  error_code: string | null
  error_message: string | null
} & Record<'total' | 'created' | 'updated' | 'unchanged' | 'reopened' | 'closed' | 'skipped', number>

/** Imports a report and follows its run to the end, whichever it is. */
export async function importReport(visitor: Visitor, file: string, report: string | Uint8Array, query = '') {
  const path = `/integrations/imports?file=${encodeURIComponent(file)}${query}`
  const { status, body } = await visitor.rest('POST', path, report)
  assert.equal(status, 202, JSON.stringify(body))
  return followImport(visitor, body.data)
}

/** A run at its end, whichever it is. */
export async function followImport(visitor: Visitor, started: Run): Promise<Run> {
  let run = started
  while (run.status === 'queued' || run.status === 'running') {
    await pause(20)
    run = (await visitor.rest('GET', `/integrations/imports/${run.id}`)).body.data
  }
  return run
}

export const countsOf = ({ total, created, updated, unchanged, reopened, closed, skipped }: Run) => ({
  total,
  created,
  updated,
  unchanged,
  reopened,
  closed,
  skipped,
})

export type Configured = {
  rule: string
  title: string
  status: 'PASS' | 'FAIL' | 'EXCEPTION'
  severity?: string
  target?: string
}

/** A Trivy report of a repository's configuration, as `--include-non-failures` makes it. */
export const configurationReport = (repository: string, checks: Configured[]) =>
  JSON.stringify({
    SchemaVersion: 2,
    ArtifactName: repository,
    ArtifactType: 'repository',
    Results: [...Map.groupBy(checks, (check) => check.target ?? 'Dockerfile')].map(([target, of]) => ({
      Target: target,
      Class: 'config',
      Type: 'dockerfile',
      Misconfigurations: of.map(({ rule, title, status, severity }) => ({
        ID: rule,
        Title: title,
        Severity: severity ?? 'HIGH',
        Status: status,
        ...(status === 'FAIL' ? { CauseMetadata: { Resource: '', StartLine: 3 } } : {}),
      })),
    })),
  })

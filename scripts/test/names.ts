/** Reports of tools that call weaknesses by different names, and what becomes of the findings. */
import assert from 'node:assert/strict'
import type { Visitor } from '../test-house.ts'
import { importReport, type Run } from './reports.ts'

const path = (name: string) => `app/node_modules/${name}/package.json`

/** What Trivy says of packages of an image, each by one name. */
export const trivy = (image: string, weaknesses: readonly (readonly [id: string, name: string])[]) =>
  JSON.stringify({
    SchemaVersion: 2,
    ArtifactName: image,
    ArtifactType: 'container_image',
    Results: [
      {
        ...{ Target: 'Node.js', Class: 'lang-pkgs', Type: 'node-pkg' },
        Vulnerabilities: weaknesses.map(([id, name]) => ({
          ...{ VulnerabilityID: id, PkgName: name, PkgPath: path(name), InstalledVersion: '1.0.0' },
          ...{ Severity: 'HIGH', Title: `${name} is weak` },
        })),
      },
    ],
  })

/** What Grype says of the same: by the name of the advisory, and perhaps of what it is related to. */
export const grype = (
  image: string,
  weaknesses: readonly (readonly [id: string, name: string, cve?: string])[],
) =>
  JSON.stringify({
    matches: weaknesses.map(([id, name, cve]) => ({
      vulnerability: {
        ...{ id, namespace: 'github:language:javascript', severity: 'High' },
        urls: [],
        cvss: [],
      },
      relatedVulnerabilities: cve ? [{ id: cve, namespace: 'nvd:cpe', urls: [], cvss: [] }] : [],
      matchDetails: [],
      artifact: {
        ...{ name, version: '1.0.0', type: 'npm', purl: `pkg:npm/${name}@1.0.0` },
        locations: [{ path: `/${path(name)}` }],
      },
    })),
    source: { type: 'image', target: { userInput: image } },
    distro: {},
    descriptor: { name: 'grype', version: '0.104.0' },
  })

/** Imports a report to its end. */
export async function scanned(who: Visitor, report: string): Promise<Run> {
  const run = await importReport(who, 'report.json', report)
  assert.equal(run.status, 'complete', run.error_message ?? '')
  return run
}

/** The same, told by its counts: created, updated, unchanged, reopened, closed. */
export async function scan(who: Visitor, report: string): Promise<string> {
  const { created, updated, unchanged, reopened, closed } = await scanned(who, report)
  return [created, updated, unchanged, reopened, closed].join(' ')
}

type Json = ReturnType<typeof JSON.parse>

/** The findings that a search finds, each with the tools that see it. */
export async function findingsNamed(who: Visitor, name: string): Promise<Json[]> {
  const { body } = await who.graphql(
    `query ($search: String) { vulnerabilities(filter: { search: $search }, first: 100) { totalCount { count }
      edges { node { id cveId aliases status presence sources reopenCount version mergedInto { id } advisory { aliases } } } } }`,
    { search: name },
  )
  const { edges, totalCount } = body.data.vulnerabilities
  assert.equal(edges.length, totalCount.count)
  return edges.map(({ node }: Json) => ({
    ...node,
    sources: node.sources.map((tool: string) => tool.toLowerCase()).sort(),
  }))
}

export const ghsa = (n: number) => `GHSA-aaaa-bbbb-${String(n).padStart(4, '0')}`
export const cve = (n: number) => `CVE-2035-${1_000 + n}`

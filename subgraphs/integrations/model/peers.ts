/** What an import asks of the other subgraphs, on behalf of who started it. */
import { type Context, callPeer } from '#kit/context.ts'
import type { AssetIdentifier, AssetType, Check, Finding, Head } from '../parsers/report.ts'
import type { Counts } from '../tables.ts'

type Asking = Pick<Context<unknown>, 'transports' | 'sign' | 'viewer' | 'requestId'>
export type Run = { id: string; assetId: string; tool: string; scope: string }

/** The asset of a report: its name tells it, and what else is known of it is learned, or finds one that has no name yet. */
export type About = { name: string; type: AssetType; source: string; identifiers: readonly AssetIdentifier[] }

export const aboutOf = (
  name: string,
  { format, assetType: type, assetIdentifiers: identifiers }: Head,
): About => ({ name, type, source: format, identifiers })

const named = ({ name, type, source, identifiers }: About) => ({
  ...{ name, source, byName: true, type: type.toUpperCase() },
  identifiers: identifiers.map(({ kind, value }) => ({ kind: kind.toUpperCase(), value })),
})

export async function ensureAsset(context: Asking, about: About): Promise<string> {
  const { ensureAssets } = await callPeer<{ ensureAssets: [{ id: string }] }>(
    context,
    'assets',
    'mutation ($assets: [EnsureAssetInput!]!) { ensureAssets(assets: $assets) { id } }',
    { assets: [named(about)] },
  )
  return ensureAssets[0].id
}

/** The asset that `ensureAsset` would answer; null where it would add one. */
export async function meantAsset(context: Asking, about: About): Promise<string | null> {
  const { meantAssets } = await callPeer<{ meantAssets: [string | null] }>(
    context,
    'assets',
    'query ($assets: [EnsureAssetInput!]!) { meantAssets(assets: $assets) }',
    { assets: [named(about)] },
  )
  return meantAssets[0]
}

/** As vulns knows them: what it does not, it leaves out. */
const inputOf = ({ ids, suppressed: _, references, ...finding }: Finding) => ({
  ...finding,
  aliases: ids,
  links: references,
  cvssVector: finding.cvss[0]?.vector ?? null,
})

export type Applied = Pick<Counts, 'created' | 'updated' | 'unchanged' | 'reopened'>

export async function applyFindings(
  context: Asking,
  run: Run,
  batch: number,
  findings: readonly Finding[],
): Promise<Applied> {
  const { applyFindings: applied } = await callPeer<{ applyFindings: Applied }>(
    context,
    'vulns',
    `mutation ($run: RunInput!, $batch: Int!, $findings: JSON!) {
      applyFindings(run: $run, batch: $batch, findings: $findings) { created updated unchanged reopened }
    }`,
    { run, batch, findings: findings.map(inputOf) },
  )
  return applied
}

/** The same for the whole run, where its scope said no other thing last; else null, and nothing was done. */
export async function refreshFindings(context: Asking, run: Run, payload: string): Promise<Applied | null> {
  const { refreshFindings: applied } = await callPeer<{ refreshFindings: Applied | null }>(
    context,
    'vulns',
    `mutation ($run: RunInput!, $payload: String!) {
      refreshFindings(run: $run, payload: $payload) { created updated unchanged reopened }
    }`,
    { run, payload },
  )
  return applied
}

/** Answers how many findings the run closed. */
export async function finishFindings(context: Asking, run: Run, payload: string): Promise<number> {
  const { finishFindings: closed } = await callPeer<{ finishFindings: number }>(
    context,
    'vulns',
    'mutation ($run: RunInput!, $payload: String!) { finishFindings(run: $run, payload: $payload) }',
    { run, payload },
  )
  return closed
}

type Previewed = { id: string | null; outcome: keyof Applied }

/** What a batch would do, in its order. */
export async function previewFindings(
  context: Asking,
  run: Run,
  findings: readonly Finding[],
): Promise<Previewed[]> {
  const { previewFindings: previewed } = await callPeer<{
    previewFindings: { id: string | null; outcome: Uppercase<keyof Applied> }[]
  }>(
    context,
    'vulns',
    `query ($run: RunInput!, $findings: JSON!) {
      previewFindings(run: $run, findings: $findings) { id outcome }
    }`,
    { run, findings: findings.map(inputOf) },
  )
  return previewed.map(({ id, outcome }) => ({ id, outcome: outcome.toLowerCase() as keyof Applied }))
}

/** What a run would close if it saw none of it again. */
export async function closableFindings(context: Asking, run: Run): Promise<string[]> {
  const { closableFindings: ids } = await callPeer<{ closableFindings: string[] }>(
    context,
    'vulns',
    'query ($run: RunInput!) { closableFindings(run: $run) }',
    { run },
  )
  return ids
}

export type Reverted = { restored: number; kept: { id: string; reason: string }[] }

/** Throws CONFLICT where a newer run of its scope has spoken. */
export async function revertFindings(context: Asking, run: string): Promise<Reverted> {
  const { revertFindings: reverted } = await callPeer<{ revertFindings: Reverted }>(
    context,
    'vulns',
    'mutation ($run: ID!) { revertFindings(run: $run) { restored kept { id reason } } }',
    { run },
  )
  return reverted
}

export async function applyCheckResults(context: Asking, run: Run, checks: readonly Check[]): Promise<void> {
  const results = checks.map((check) => ({
    ...check,
    severity: check.severity.toUpperCase(),
    result: check.result.toUpperCase(),
  }))
  await callPeer(
    context,
    'compliance',
    `mutation ($run: CheckRunInput!, $results: [CheckResultInput!]!) {
      applyCheckResults(run: $run, results: $results)
    }`,
    { run, results },
  )
}

export async function finishCheckResults(context: Asking, run: Run): Promise<void> {
  const mutation = 'mutation ($run: CheckRunInput!) { finishCheckResults(run: $run) }'
  await callPeer(context, 'compliance', mutation, { run })
}

/** Answers how many results of checks stand as before. */
export async function revertCheckResults(context: Asking, run: string): Promise<number> {
  const mutation = 'mutation ($run: ID!) { revertCheckResults(run: $run) }'
  const { revertCheckResults: restored } = await callPeer<{ revertCheckResults: number }>(
    context,
    'compliance',
    mutation,
    { run },
  )
  return restored
}

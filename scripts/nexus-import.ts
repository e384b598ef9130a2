import { openAsBlob } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type Client, openClient, Refused } from './nexus-client.ts'

type Run = {
  id: string
  status: 'queued' | 'running' | 'complete' | 'failed' | 'cancelled'
  format: string | null
  error_code: string | null
  error_message: string | null
} & Record<(typeof counts)[number], number>

const counts = ['total', 'created', 'updated', 'unchanged', 'reopened', 'closed', 'skipped'] as const
const firstPauseMs = 50
const longestPauseMs = 1_000

async function follow(client: Client, started: Run): Promise<Run> {
  let run = started
  for (let wait = firstPauseMs; run.status === 'queued' || run.status === 'running'; ) {
    await pause(wait)
    wait = Math.min(wait * 1.5, longestPauseMs)
    run = (await client(`/integrations/imports/${run.id}`)) as Run
  }
  return run
}

async function send(
  file: string,
  options: { format?: string; asset?: string; preview?: 'true' },
): Promise<Run> {
  const found = await stat(file).catch(() => null)
  if (!found?.isFile()) throw new Refused('no such file')
  const client = await openClient(process.env)
  const query = new URLSearchParams({ file: basename(file), ...options })
  const run = await client(`/integrations/imports?${query}`, {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream' },
    body: await openAsBlob(file),
  })
  return follow(client, run as Run)
}

function printed(run: Run, isPreview?: boolean): string {
  const line = (name: (typeof counts)[number]) => `  ${name.padEnd(10)}${String(run[name]).padStart(8)}`
  const did = isPreview ? 'would do this, and has not' : 'imported'
  return [`${run.format} report ${did}`, ...counts.map(line)].join('\n')
}

/** Sends the raw file, follows the run, and prints what became of its records. Throws Refused. */
export async function importFile(
  file: string,
  { json, format, asset, preview }: { json?: boolean; format?: string; asset?: string; preview?: boolean },
): Promise<void> {
  try {
    const run = await send(file, {
      ...(format ? { format } : {}),
      ...(asset ? { asset } : {}),
      ...(preview ? { preview: 'true' as const } : {}),
    })
    if (run.status === 'cancelled') throw new Refused('The import was cancelled')
    if (run.status === 'failed') throw new Refused(run.error_message ?? 'The import failed')
    if (!json) return console.log(printed(run, preview))
    const outcome = Object.fromEntries(counts.map((name) => [name, run[name]]))
    console.log(JSON.stringify({ format: run.format, ...outcome, errors: [] }))
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    const named = error.message.startsWith(basename(file))
    const message = named
      ? error.message
      : `${basename(file)} (${format ?? 'format not read'}): ${error.message}`
    if (!json) throw new Refused(message)
    const nothing = Object.fromEntries(counts.map((name) => [name, 0]))
    console.log(JSON.stringify({ format: format ?? null, ...nothing, errors: [message] }))
    process.exitCode = 1
  }
}

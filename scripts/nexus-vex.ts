import { readFile, stat, writeFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { openClient, Refused } from './nexus-client.ts'

/** Conditions as the list of findings takes them, such as `severity=critical`. */
export function conditionOf(text: string, before: string[] = []): string[] {
  if (!/^[a-z_]+=./.test(text)) throw new Refused(`${text}: must look like severity=critical`)
  return [...before, text]
}

function queryOf(conditions: readonly string[], more: Record<string, string | undefined>): URLSearchParams {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(more)) if (value !== undefined) query.set(name, value)
  for (const condition of conditions) {
    const at = condition.indexOf('=')
    query.append(condition.slice(0, at), condition.slice(at + 1))
  }
  return query
}

/** Writes what is said of findings into a file, or prints it. Throws Refused. */
export async function exportVex({
  format,
  output,
  where = [],
}: {
  format: string
  output?: string
  where?: string[]
}): Promise<void> {
  const client = await openClient(process.env)
  const answer = await client.file(`/vulnerabilities/vex?${queryOf(where, { format })}`)
  const document = await answer.text()
  if (!output) return console.log(document)
  await writeFile(output, document)
  const [statements, leftOut] = ['x-statements', 'x-left-out'].map((name) => answer.headers.get(name))
  console.log(`${basename(output)}: ${statements} statements, ${leftOut} findings left out`)
}

const counts = ['statements', 'matched', 'changed', 'unchanged', 'refused', 'unmatched'] as const
type Told = Record<(typeof counts)[number], number> & {
  format: string
  items: { statement: string; id: string | null; outcome: string; message: string | null }[]
}

/** Carries over what a document says, and prints what became of it. Throws Refused. */
export async function importVex(
  file: string,
  {
    format,
    dryRun,
    json,
    where = [],
  }: { format?: string; dryRun?: boolean; json?: boolean; where?: string[] },
): Promise<void> {
  if (!(await stat(file).catch(() => null))?.isFile()) throw new Refused(`${basename(file)}: no such file`)
  const client = await openClient(process.env)
  const query = queryOf(where, { format, dry_run: dryRun ? 'true' : undefined })
  const told = (await client(`/vulnerabilities/vex?${query}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: await readFile(file),
  })) as Told
  if (json) return console.log(JSON.stringify(told))
  const did = dryRun ? 'would do this, and has not' : 'imported'
  const refused = told.items.filter(({ outcome }) => outcome === 'refused')
  const lines = [
    `${told.format} document ${did}`,
    ...counts.map((name) => `  ${name.padEnd(11)}${String(told[name]).padStart(8)}`),
    ...refused.map(({ statement, id, message }) => `${statement} of ${id}: ${message}`),
  ]
  console.log(lines.join('\n'))
}

/** What FIRST and CISA publish, read line by line or as one small document. */
import { createReadStream, statSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { createGunzip } from 'node:zlib'
import { z } from 'zod'
import type { Edition, Epss, Kev } from '../subgraphs/vulns/model/intel.ts'
import { Refused } from './nexus-client.ts'

const cve = /^CVE-\d{4}-\d{4,19}$/
const block = 5_000
const largestList = 64 * 1024 * 1024

async function isGzip(file: string): Promise<boolean> {
  const handle = await open(file)
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0)
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b
  } finally {
    await handle.close()
  }
}

async function streamOf(file: string): Promise<NodeJS.ReadableStream> {
  if (!statSync(file, { throwIfNoEntry: false })?.isFile()) throw new Refused(`${file}: no such file`)
  const raw = createReadStream(file)
  if (!(await isGzip(file))) return raw
  const plain = createGunzip()
  raw.on('error', (error) => plain.destroy(error))
  return raw.pipe(plain)
}

function editionOf(comment: string): Edition {
  const model = /model_version:\s*([^,\s]+)/.exec(comment)?.[1] ?? null
  const date = /score_date:\s*(\d{4}-\d{2}-\d{2})/.exec(comment)?.[1] ?? null
  return { model: model?.slice(0, 50) ?? null, date }
}

function epssOf(columns: readonly string[], line: string, where: string): Epss {
  const cells = line.split(',')
  const cell = (name: string) => cells[columns.indexOf(name)]?.trim() ?? ''
  const [epss, percentile] = [cell('epss'), cell('percentile')].map((text) =>
    text === '' ? NaN : Number(text),
  )
  const cveId = cell('cve').toUpperCase()
  const isShare = (value: number) => value >= 0 && value <= 1
  if (!cve.test(cveId) || !isShare(epss!) || !(Number.isNaN(percentile) || isShare(percentile!)))
    throw new Refused(`${where}: no likelihood of a CVE`)
  return { cveId, epss: epss!, percentile: Number.isNaN(percentile) ? null : percentile! }
}

/** The likelihoods of a file of FIRST, in blocks: CSV, perhaps gzipped. Throws Refused, naming the line. */
export async function* epssBlocks(file: string): AsyncGenerator<{ rows: Epss[]; edition: Edition }> {
  let edition: Edition = { date: null, model: null }
  let columns: string[] | undefined
  let rows: Epss[] = []
  let number = 0
  try {
    for await (const line of createInterface({ input: await streamOf(file), crlfDelay: Infinity })) {
      number += 1
      if (line.startsWith('#')) edition = editionOf(line)
      else if (!columns) {
        columns = line
          .toLowerCase()
          .split(',')
          .map((name) => name.trim())
        if (!columns.includes('cve') || !columns.includes('epss'))
          throw new Refused(`${file}, line ${number}: the columns cve and epss are missing`)
      } else if (line.trim() !== '') rows.push(epssOf(columns, line, `${file}, line ${number}`))
      if (rows.length < block) continue
      yield { rows, edition }
      rows = []
    }
  } catch (error) {
    throw unreadable(file, error)
  }
  if (!columns) throw new Refused(`${file}: it is empty`)
  if (rows.length > 0) yield { rows, edition }
}

const unreadable = (file: string, error: unknown) =>
  String((error as { code?: string }).code).startsWith('Z_')
    ? new Refused(`${file}: it is damaged, or no gzip file`)
    : error

const day = z.iso.date()
const catalogue = z.object({
  vulnerabilities: z
    .array(
      z.object({
        cveID: z.string().regex(cve),
        dateAdded: day,
        dueDate: day.nullish(),
        knownRansomwareCampaignUse: z.string().nullish(),
        notes: z.string().nullish(),
      }),
    )
    .max(1_000_000),
})

/** The catalogue of CISA, JSON, perhaps gzipped; at most 64 MB. Throws Refused. */
export async function kevOf(file: string): Promise<Kev[]> {
  const parts: Buffer[] = []
  let size = 0
  try {
    for await (const part of await streamOf(file)) {
      size += part.length
      if (size > largestList) throw new Refused(`${file}: it is larger than 64 MB`)
      parts.push(part as Buffer)
    }
  } catch (error) {
    throw unreadable(file, error)
  }
  const read = catalogue.safeParse(parsed(file, Buffer.concat(parts).toString()))
  if (!read.success) throw new Refused(`${file}: no catalogue of exploited vulnerabilities`)
  return read.data.vulnerabilities.map(
    ({ cveID, dateAdded, dueDate, knownRansomwareCampaignUse, notes }) => ({
      cveId: cveID,
      dateAdded,
      dueDate: dueDate ?? null,
      ransomware: knownRansomwareCampaignUse === 'Known',
      notes: notes ?? null,
    }),
  )
}

function parsed(file: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Refused(`${file}: no JSON`)
  }
}

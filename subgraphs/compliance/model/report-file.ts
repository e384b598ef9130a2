import { stringify } from 'csv-stringify/sync'
import type { ReportFormat } from '../tables.ts'
import type { Row } from './report-list.ts'

const cell = (value: unknown) => (Array.isArray(value) ? value.join('; ') : value)

/** What a cell begins with must not make it a formula where the file is opened in a spreadsheet. */
async function* csv(pages: AsyncIterable<Row[]>, columns: readonly string[]): AsyncGenerator<string> {
  yield stringify([columns])
  for await (const rows of pages)
    yield stringify(
      rows.map((row) => columns.map((column) => cell(row[column]))),
      { escape_formulas: true },
    )
}

async function* json(pages: AsyncIterable<Row[]>): AsyncGenerator<string> {
  let before = '['
  for await (const rows of pages) {
    if (rows.length === 0) continue
    yield `${before}\n${rows.map((row) => JSON.stringify(row)).join(',\n')}`
    before = ','
  }
  yield before === '[' ? '[]\n' : '\n]\n'
}

/** The text of a report, a page at a time: the same rows give the same text. */
export const textOf = (
  format: ReportFormat,
  pages: AsyncIterable<Row[]>,
  columns: readonly string[],
): AsyncGenerator<string> => (format === 'csv' ? csv(pages, columns) : json(pages))

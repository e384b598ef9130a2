/** What was found in a text by a row: from 1, the texts of its groups, and what its inner rows have found. */
export type Found = unknown[]
/** A pattern of an object's text, cut where lists are of which each element is looked at. */
export type Row = {
  readonly parts: Part[]
  /** How many things it finds. */
  slots: number
}
type Inner = { slot: number; row: Row; isList: boolean; mayBeNull: boolean }
type Part = { pattern: string } | Inner

/** Where in a text one is. */
export type Cursor = { readonly text: string; at: number }
/** Reads on; undefined where the text is another one than was expected. */
export type Read<Value> = (cursor: Cursor) => Value | undefined

export const emptyRow = (): Row => ({ parts: [], slots: 0 })

export function addPattern({ parts }: Row, pattern: string): void {
  const last = parts.at(-1)
  if (last && 'pattern' in last) last.pattern += pattern
  else parts.push({ pattern })
}

/** Begins a group; tells where its text will be found. */
export function openGroup(row: Row): number {
  addPattern(row, '(')
  return ++row.slots
}

/** A list, or one object, that is read by a row of its own; tells where that will be found, null where JSON has it. */
export function addInner(row: Row, inner: Omit<Inner, 'slot'>): number {
  const slot = ++row.slots
  row.parts.push({ slot, ...inner })
  return slot
}

export const lengthOf = ({ parts }: Row): number =>
  parts.reduce((sum, part) => sum + ('pattern' in part ? part.pattern.length : lengthOf(part.row)), 0)

/** Compiles how a row is read. */
export function reading({ parts, slots }: Row): Read<Found> {
  const [only] = parts
  // As most rows are: what the pattern finds is in its places already.
  if (parts.length === 1 && only && 'pattern' in only) return matching(only.pattern)
  const reads = parts.map((part): ((cursor: Cursor, found: Found) => boolean) => {
    if ('pattern' in part) {
      const match = matching(part.pattern)
      return (cursor, found) => {
        const groups = match(cursor)
        if (!groups) return false
        for (let group = 1; group < groups.length; group++) found.push(groups[group])
        return true
      }
    }
    const row = reading(part.row)
    const inner = part.isList ? listing(row) : row
    return (cursor, found) => {
      const value = part.mayBeNull && isNull(cursor) ? null : inner(cursor)
      found.push(value)
      return value !== undefined
    }
  })
  return (cursor) => {
    const found: Found = ['']
    for (const read of reads) if (!read(cursor, found)) return undefined
    return found.length === slots + 1 ? found : undefined
  }
}

function matching(pattern: string): Read<Found> {
  const expression = new RegExp(pattern, 'y')
  return (cursor) => {
    expression.lastIndex = cursor.at
    const match = expression.exec(cursor.text)
    if (!match) return undefined
    cursor.at = expression.lastIndex
    return match
  }
}

function isNull(cursor: Cursor): boolean {
  if (!cursor.text.startsWith('null', cursor.at)) return false
  cursor.at += 'null'.length
  return true
}

const [comma, opening, closing] = [...',[]'].map((sign) => sign.charCodeAt(0))

/** Reads a list, each of its elements by a row. */
export function listing(row: Read<Found>): Read<Found[]> {
  return (cursor) => {
    const { text } = cursor
    if (text.charCodeAt(cursor.at) !== opening) return undefined
    cursor.at++
    const rows: Found[] = []
    if (text.charCodeAt(cursor.at) === closing) {
      cursor.at++
      return rows
    }
    for (;;) {
      const found = row(cursor)
      if (!found) return undefined
      rows.push(found)
      const sign = text.charCodeAt(cursor.at++)
      if (sign === closing) return rows
      if (sign !== comma) return undefined
    }
  }
}

/**
 * Goes through the bytes of a JSON document once, and leaves the lists of its records out: what remains of it is
 * small. It tells brackets and strings apart, and nothing else; whether each part is JSON, whoever parses it finds out.
 */
import type { Source } from './records.ts'

type Node = { keys: Map<string, Node>; any?: Node; isRecords?: true }
export type Path = readonly (string | number)[]
export type Scanned = {
  /** The document with its lists of records empty. */
  rest: string
  /** Where each list stood, and where its items begin and end. */
  lists: { path: Path; ends: number[] }[]
}

const vulnerable = ['Vulnerabilities', 'Misconfigurations', 'Secrets', 'Licenses']
const places: readonly (readonly string[])[] = [
  ['matches'],
  ['runs', '*', 'results'],
  ['inlineExternalProperties', '*', 'results'],
  ...vulnerable.flatMap((list) => [
    ['*', list],
    ['Results', '*', list],
    ...['Resources', 'Findings', 'Vulnerabilities', 'Misconfigurations'].map((workloads) => [
      ...[workloads, '*', 'Results', '*', list],
    ]),
  ]),
]

const tree: Node = { keys: new Map() }
for (const place of places) {
  let node = tree
  for (const step of place) {
    const next = (step === '*' ? node.any : node.keys.get(step)) ?? { keys: new Map() }
    if (step === '*') node.any = next
    else node.keys.set(step, next)
    node = next
  }
  node.isRecords = true
}

const chunkBytes = 1 << 20
const longestKey = 64
const [quote, backslash, comma, colon] = [0x22, 0x5c, 0x2c, 0x3a]
const [openList, closeList, openObject, closeObject] = [0x5b, 0x5d, 0x7b, 0x7d]
const isSpace = (byte: number) => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09

type Frame = { isList: boolean; node: Node | undefined; key: string; index: number; isKey: boolean }

/** What is cut off, or has other brackets than JSON, is no document. `told` hears the bytes as they come. */
export function scan(source: Source, told: (bytes: Buffer) => void): Scanned | 'cut' | 'odd' {
  const rest: Buffer[] = []
  const lists: Scanned['lists'] = []
  const frames: Frame[] = []
  let inString = false
  /** The bytes so far end in the middle of an escape. */
  let isEscaped = false
  let key = ''
  let ends: number[] | null = null
  let depth = 0
  let itemFrom = -1

  /** Ends the string that `at` is in, or the chunk. Answers where to go on. */
  const throughString = (chunk: Buffer, from: number): number => {
    for (let at = from; ; ) {
      const end = chunk.indexOf(quote, at)
      const to = end < 0 ? chunk.length : end
      let slashes = to
      while (slashes > at && chunk[slashes - 1] === backslash) slashes -= 1
      const isOdd = ((to - slashes) % 2 === 1) !== (slashes === at && isEscaped)
      isEscaped = end < 0 && isOdd
      if (end < 0) return to
      at = end + 1
      if (isOdd) continue
      inString = false
      return at
    }
  }
  const childOf = (frame: Frame | undefined): Node | undefined => {
    if (!frame) return tree
    return frame.isList ? frame.node?.any : frame.node?.keys.get(frame.key)
  }

  for (let base = 0; base < source.size; base += chunkBytes) {
    const chunk = source.read(base, chunkBytes)
    told(chunk)
    let copied = 0
    const copy = (to: number) => {
      if (to > copied) rest.push(Buffer.from(chunk.subarray(copied, to)))
    }
    for (let at = 0; at < chunk.length; ) {
      if (inString) {
        const end = throughString(chunk, at)
        const frame = frames.at(-1)
        if (!ends && frame && !frame.isList && frame.isKey && key.length < longestKey)
          key += chunk.toString('latin1', at, inString ? end : end - 1)
        at = end
        continue
      }
      const byte = chunk[at]!
      if (ends) {
        if (depth === 0 && (byte === comma || byte === closeList)) {
          // An item that is missing beside a comma.
          if (itemFrom < 0 && (byte === comma || ends.length > 0)) return 'odd'
          if (itemFrom >= 0) ends.push(itemFrom, base + at)
          itemFrom = -1
          if (byte === closeList) {
            ends = null
            copied = at
            continue
          }
        } else if (depth === 0 && (byte === closeObject || byte === colon)) return 'odd'
        else if (!isSpace(byte)) {
          if (itemFrom < 0) itemFrom = base + at
          if (byte === quote) inString = true
          else if (byte === openList || byte === openObject) depth += 1
          else if (byte === closeList || byte === closeObject) depth -= 1
        }
        at += 1
        continue
      }
      const frame = frames.at(-1)
      if (byte === quote) {
        inString = true
        key = ''
      } else if (byte === colon && frame) {
        frame.key = key
        frame.isKey = false
      } else if (byte === comma && frame) {
        frame.isKey = !frame.isList
        frame.index += 1
      } else if (byte === openList || byte === openObject) {
        const isList = byte === openList
        const node = childOf(frame)
        frames.push({ isList, node, key: '', index: 0, isKey: !isList })
        if (isList && node?.isRecords) {
          copy(at + 1)
          ends = []
          const path = frames.slice(0, -1).map((each) => (each.isList ? each.index : each.key))
          lists.push({ path, ends })
        }
      } else if (byte === closeList || byte === closeObject) {
        if (frames.pop()?.isList !== (byte === closeList)) return 'odd'
      }
      at += 1
    }
    if (!ends) copy(chunk.length)
  }
  return inString || ends || frames.length > 0 ? 'cut' : { rest: Buffer.concat(rest).toString(), lists }
}

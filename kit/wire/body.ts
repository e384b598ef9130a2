/** How far a body goes: so many bytes, as its chunks say, or all that comes until the connection ends. */
export type Extent = number | 'chunked' | 'rest'
/** The body of an answer. */
export type Body = {
  /** Takes what has come, and returns whether the body is whole. Throws when it cannot be, or is too large. */
  take(bytes: Buffer): boolean
  /** The connection has ended: whether the body is whole by that. */
  end(): boolean
  text(): string
  /** Whether its end can be told from what follows. */
  readonly isDelimited: boolean
  /** Whether nothing has come after its end. */
  isClean(): boolean
}

export const tooLarge = () => new Error('The answer is too large')
const malformed = () => new Error('The answer has a malformed chunk')

/** @param largest bytes */
export function createBody(extent: Extent, largest: number): Body {
  if (extent === 'chunked') return chunked(largest)
  const length = extent === 'rest' ? Number.POSITIVE_INFINITY : extent
  const parts: Buffer[] = []
  let size = 0
  return {
    isDelimited: extent !== 'rest',
    take(bytes) {
      size += bytes.length
      if (size > largest) throw tooLarge()
      parts.push(Buffer.from(bytes))
      return size >= length
    },
    end: () => extent === 'rest',
    text: () => Buffer.concat(parts).toString('utf8', 0, Math.min(length, size)),
    isClean: () => size <= length,
  }
}

const sizes = /^([0-9a-f]{1,8})[ \t]*(?:;[^\r\n]*)?$/i
const longestLine = 4_096

/** RFC 9112, 7.1; trailers are passed over. */
function chunked(largest: number): Body {
  const parts: Buffer[] = []
  let size = 0
  let left: Buffer = Buffer.alloc(0)
  let state: 'size' | 'data' | 'trailer' | 'whole' = 'size'
  let wanted = 0

  const line = (): string | null => {
    const end = left.indexOf('\r\n')
    if (end > longestLine || (end === -1 && left.length > longestLine)) throw malformed()
    if (end === -1) return null
    const text = left.toString('latin1', 0, end)
    left = left.subarray(end + 2)
    return text
  }
  /** One step further; false when more has to come first. */
  const step = (): boolean => {
    if (state === 'data') {
      if (left.length < wanted + 2) return false
      if (left[wanted] !== 13 || left[wanted + 1] !== 10) throw malformed()
      parts.push(left.subarray(0, wanted))
      left = left.subarray(wanted + 2)
      state = 'size'
      return true
    }
    const text = line()
    if (text === null) return false
    if (state === 'trailer') {
      if (text === '') state = 'whole'
      return text !== ''
    }
    wanted = Number.parseInt(sizes.exec(text)?.[1] ?? '', 16)
    if (Number.isNaN(wanted)) throw malformed()
    size += wanted
    if (size > largest) throw tooLarge()
    state = wanted === 0 ? 'trailer' : 'data'
    return true
  }
  return {
    isDelimited: true,
    take(bytes) {
      left = left.length > 0 ? Buffer.concat([left, bytes]) : Buffer.from(bytes)
      while (step());
      return state === 'whole'
    },
    end: () => false,
    text: () => Buffer.concat(parts).toString(),
    isClean: () => left.length === 0,
  }
}

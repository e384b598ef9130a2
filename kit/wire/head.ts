/** What the head of an answer says that matters for reading the rest, and for using its connection again. */
export type Head = {
  status: number
  /** Of HTTP/1.1 or a later one; a connection is kept then unless it says otherwise. */
  isNewer: boolean
  length?: string
  coding?: string
  connection?: string
  keepAlive?: string
  isEncoded?: boolean
}

const statusLine = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: |\r\n)/
const wrong = (what: string) => new Error(`The answer ${what}`)

/**
 * Reads a head, each line of it once: most lines are known by their first letter to be of no interest.
 * @param text all lines, each with its end
 */
export function readHead(text: string): Head {
  const [, minor, status] = statusLine.exec(text) ?? []
  if (!status) throw wrong('is no HTTP')
  const head: Head = { status: Number(status), isNewer: minor === '1' }
  for (let from = text.indexOf('\r\n') + 2; from < text.length; ) {
    const end = text.indexOf('\r\n', from)
    const initial = text.charCodeAt(from) | 0x20
    // c, k and t.
    if (initial === 99 || initial === 107 || initial === 116) readLine(head, text.slice(from, end))
    from = end + 2
  }
  return head
}

function readLine(head: Head, line: string): void {
  const colon = line.indexOf(':')
  const value = line.slice(colon + 1).trim()
  switch (line.slice(0, colon).toLowerCase()) {
    case 'content-length':
      if (head.length !== undefined) throw wrong('repeats a header')
      head.length = value
      break
    case 'transfer-encoding':
      if (head.coding !== undefined) throw wrong('repeats a header')
      head.coding = value.toLowerCase()
      break
    case 'content-encoding':
      if (value !== '' && !value.startsWith('identity')) head.isEncoded = true
      break
    case 'connection':
      head.connection ??= value.toLowerCase()
      break
    case 'keep-alive':
      head.keepAlive ??= value
  }
}

/** Until when something may be waited for. An AbortSignal would do, and costs ten times as much. */
export type Deadline = {
  readonly isOver: boolean
  /** Calls back when it is over, unless it is cleared before. */
  onOver(listener: () => void): void
  /** What was waited for has come: nobody is called back any more. */
  clear(): void
  /** It is over now. */
  end(): void
}

type Node = { before: Node; after: Node; at: number; end(): void }
/** Deadlines of one length end in the order in which they began: one timer does for all of them. */
type Line = { ends: Node; timer: NodeJS.Timeout | null }

const lines = new Map<number, Line>()

function lineOf(ms: number): Line {
  const known = lines.get(ms)
  if (known) return known
  const ends = { at: 0, end() {} } as Node
  ends.before = ends
  ends.after = ends
  const line: Line = { ends, timer: null }
  lines.set(ms, line)
  return line
}

/** Ends those whose time has come, and waits for the next one. */
function look(line: Line, ms: number): void {
  const { ends } = line
  line.timer = null
  const now = performance.now()
  while (ends.after !== ends && ends.after.at <= now) ends.after.end()
  if (ends.after !== ends) line.timer ??= setTimeout(look, Math.max(1, ends.after.at - now), line, ms)
}

/** @param ms how long from now, in milliseconds; the same few lengths again and again */
export function deadlineIn(ms: number): Deadline {
  const line = lineOf(ms)
  const listeners: (() => void)[] = []
  const { ends } = line
  const isFirst = ends.after === ends
  const node: Node = { before: ends.before, after: ends, at: performance.now() + ms, end }
  ends.before.after = node
  ends.before = node
  if (line.timer === null) line.timer = setTimeout(look, ms, line, ms)
  else if (isFirst) line.timer.ref()

  function clear() {
    if (node.after === node) return
    node.before.after = node.after
    node.after.before = node.before
    node.before = node
    node.after = node
    // Nobody waits any more, and no process should for nobody.
    if (ends.after === ends) line.timer?.unref()
  }
  function end() {
    clear()
    deadline.isOver = true
    for (const listener of listeners.splice(0)) listener()
  }
  const deadline = {
    isOver: false,
    onOver: (listener: () => void) => void listeners.push(listener),
    clear,
    end,
  }
  return deadline
}

import { type Chain, createChain, type Linked } from './chain.ts'

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

type Waiting = Linked & { at: number; end(): void }
/** Deadlines of one length end in the order in which they began: one timer does for all of them. */
type Line = { waiting: Chain<Waiting>; timer: NodeJS.Timeout | null }

const lines = new Map<number, Line>()

function lineOf(ms: number): Line {
  const known = lines.get(ms)
  if (known) return known
  const line: Line = { waiting: createChain(), timer: null }
  lines.set(ms, line)
  return line
}

/** Ends those whose time has come, and waits for the next one. */
function look(line: Line, ms: number): void {
  const { waiting } = line
  line.timer = null
  const now = performance.now()
  let next = waiting.first()
  for (; next && next.at <= now; next = waiting.first()) next.end()
  if (next) line.timer ??= setTimeout(look, Math.max(1, next.at - now), line, ms)
}

/** @param ms how long from now, in milliseconds; the same few lengths again and again */
export function deadlineIn(ms: number): Deadline {
  const line = lineOf(ms)
  const listeners: (() => void)[] = []
  const { waiting } = line
  if (line.timer === null) line.timer = setTimeout(look, ms, line, ms)
  else if (waiting.size === 0) line.timer.ref()
  const place: Waiting = { before: null, after: null, at: performance.now() + ms, end }
  waiting.add(place)

  function clear() {
    // Nobody waits any more, and no process should for nobody.
    if (waiting.remove(place) && waiting.size === 0) line.timer?.unref()
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

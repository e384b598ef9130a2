/**
 * Runs test files, one after the other, in this process: what they share is read and compiled once. Each file has its
 * own tests and hooks, as if it were alone, and has ended when it has nothing open any more.
 */
import { run } from 'node:test'
import { root } from '#kit/register.ts'
import type { Asked, Ended, Told } from './told.ts'

type Event = {
  name: string
  skip?: string | boolean
  details: { type?: string; error?: Error }
}

const tell = (told: Told) => process.send!(told)

function endedOf(kind: Ended['kind'], { name, skip, details }: Event): Ended {
  const cause = details.error?.cause ?? details.error
  const reason = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)
  return { kind, name, isSuite: details.type === 'suite', skip, ...(kind === 'failed' && { reason }) }
}

async function runFile({ file }: Asked): Promise<void> {
  // A file has ended when nothing is open any more; who waits for the next one must not count as open.
  process.channel!.unref()
  const events = run({ files: [file], cwd: root, isolation: 'none' })
  events.on('test:pass', (event) => tell(endedOf('passed', event as Event)))
  events.on('test:fail', (event) => tell(endedOf('failed', event as Event)))
  for await (const _ of events);
  process.channel!.ref()
  tell({ kind: 'done', memory: process.memoryUsage.rss() })
}

// It is in use by now, and nothing for processes that tests start as users do.
delete process.env.NODE_COMPILE_CACHE
process.on('message', (asked: Asked) => void runFile(asked))

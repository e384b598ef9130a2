import { keepHeapSmall } from './heap.ts'

type Closer = () => unknown

const stopWithinMs = 9_000

/**
 * Runs a process until SIGTERM or SIGINT: `open` says what to close, and what was opened last is closed first.
 * Ends with 0 after an orderly stop, with 1 when opening fails (its message is printed) or closing takes more
 * than 9 s.
 */
export async function untilStopped(
  open: (closing: (closer: Closer) => void) => Promise<void>,
): Promise<void> {
  keepHeapSmall()
  const closers: Closer[] = []
  let stopping = false
  const close = async () => {
    for (const closer of closers.splice(0).reverse())
      await Promise.resolve(closer()).catch((error: unknown) => console.error(error))
  }
  let opening: Promise<void> | undefined
  const stop = async (signal: string) => {
    if (stopping) return
    stopping = true
    console.log(`${signal}: stopping`)
    setTimeout(() => process.exit(1), stopWithinMs).unref()
    await opening
    await close()
    process.exit(0)
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  opening = open((closer) => closers.push(closer)).catch(async (error: unknown) => {
    console.error(error instanceof Error ? error.message : error)
    await close()
    process.exit(1)
  })
  await opening
}

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'

/** What a peer is told when it starts: how the subgraphs are reached, and what they make together. */
export type Start = { supergraphSdl: string; urls: Record<string, string> }
/** What a process has used so far: computing time in milliseconds, memory in bytes. */
export type Used = { cpuMs: number; rss: number; heap: number }

/** Runs in the peer's process: starts it, tells its url, and what it has used whenever it is asked. */
export async function serveAsPeer(start: (start: Start) => Promise<string>): Promise<void> {
  const [told] = (await once(process, 'message')) as [Start]
  process.send!({ url: await start(told) })
  process.on('message', () => {
    const { user, system } = process.cpuUsage()
    const { rss, heapUsed: heap } = process.memoryUsage()
    process.send!({ cpuMs: (user + system) / 1_000, rss, heap } satisfies Used)
  })
  process.on('disconnect', () => process.exit())
}

export type Peer = { name: string; url: string; used(): Promise<Used>; close(): Promise<void> }

/** Starts a peer in a process of its own. */
export async function startPeer(
  name: string,
  file: string,
  start: Start,
  execArgv: string[] = [],
  env: Record<string, string> = { NODE_ENV: 'production' },
): Promise<Peer> {
  const child: ChildProcess = fork(file, { execArgv, env: { ...process.env, ...env } })
  child.send(start)
  const [{ url }] = (await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`${name} ended with ${code}`)
    }),
  ])) as [{ url: string }]
  return {
    name,
    url,
    async used() {
      const answer = once(child, 'message') as Promise<[Used]>
      child.send('used')
      const [used] = await answer
      return used
    },
    async close() {
      const exit = once(child, 'exit')
      child.disconnect()
      await exit
    },
  }
}

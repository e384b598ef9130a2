import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'

/** What a peer is told when it starts: how the subgraphs are reached, and what they make together. */
export type Start = { supergraphSdl: string; urls: Record<string, string> }
export type Cpu = { user: number; system: number }

/** Runs in the peer's process: starts it, tells its url, and how much it has computed whenever it is asked. */
export async function serveAsPeer(start: (start: Start) => Promise<string>): Promise<void> {
  const [told] = (await once(process, 'message')) as [Start]
  process.send!({ url: await start(told) })
  process.on('message', () => process.send!(process.cpuUsage()))
  process.on('disconnect', () => process.exit())
}

export type Peer = { name: string; url: string; cpuMs(): Promise<number>; close(): Promise<void> }

/** Starts a peer in a process of its own. */
export async function startPeer(
  name: string,
  file: string,
  start: Start,
  execArgv: string[] = [],
): Promise<Peer> {
  const child: ChildProcess = fork(file, { execArgv, env: { ...process.env, NODE_ENV: 'production' } })
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
    async cpuMs() {
      const answer = once(child, 'message') as Promise<[Cpu]>
      child.send('cpu')
      const [{ user, system }] = await answer
      return (user + system) / 1_000
    },
    async close() {
      const exit = once(child, 'exit')
      child.disconnect()
      await exit
    },
  }
}

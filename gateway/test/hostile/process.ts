import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { Client as Connection } from 'undici'
import { newId } from '#kit/id.ts'
import { createKeys, signAccessToken } from '#kit/tokens.ts'
import { permissionsOf } from '#kit/viewer.ts'

export const secret = 'a secret that only the hostile know, and long enough'

/** What the gateway has computed so far, in milliseconds, and how often it has asked a subgraph. */
export type Used = { cpuMs: number; calls: number }
export type Reply = { status: number; body: string }
export type Client = { ask(body: string | Buffer): Promise<Reply>; close(): Promise<void> }
export type Target = {
  used(): Promise<Used>
  /** The same, once the garbage of what was asked before is gone. */
  settled(): Promise<Used>
  /** Sends a body as a member, over a connection of one's own. */
  ask(body: string): Promise<Reply>
  /** Another who asks, over another connection. */
  client(): Promise<Client>
  readonly url: string
  close(): Promise<void>
}

const tokenOf = () =>
  signAccessToken(createKeys(secret), {
    kind: 'member',
    accountId: newId(),
    userId: newId(),
    organizationId: newId(),
    role: 'admin',
    permissions: permissionsOf.admin,
    sessionId: newId(),
  })

/** Starts a gateway to be attacked. */
export async function startTarget(): Promise<Target> {
  const child = fork(join(import.meta.dirname, 'serve.ts'), {
    env: { ...process.env, NODE_ENV: 'production' },
    execArgv: ['--expose-gc'],
  })
  const [{ url }] = (await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`The gateway ended with ${code}`)
    }),
  ])) as [{ url: string }]
  const asked = async (what: 'used' | 'settled') => {
    const answer = once(child, 'message') as Promise<[Used]>
    child.send(what)
    const [used] = await answer
    return used
  }
  const own = await clientOf(url)
  return {
    url,
    client: () => clientOf(url),
    ask: own.ask,
    used: () => asked('used'),
    settled: () => asked('settled'),
    async close() {
      await own.close()
      const exit = once(child, 'exit')
      child.disconnect()
      await exit
    },
  }
}

/** A member who asks over one connection. */
export async function clientOf(url: string): Promise<Client> {
  const { origin, pathname: path } = new URL(url)
  const connection = new Connection(origin)
  // A token lives for five minutes.
  let token = { value: await tokenOf(), until: Date.now() + 200_000 }
  return {
    async ask(body) {
      if (Date.now() > token.until) token = { value: await tokenOf(), until: Date.now() + 200_000 }
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${token.value}` }
      const { statusCode: status, body: answer } = await connection.request({
        method: 'POST',
        path,
        headers,
        body,
      })
      return { status, body: await answer.text() }
    },
    close: () => connection.close(),
  }
}

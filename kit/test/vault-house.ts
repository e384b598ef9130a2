/** A Vault of the tests, over HTTP: its transit engine, its key-value engine (version 2) and the entry of pods. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Asked = { path: string; token: string | undefined; body: Record<string, string> }
type Answer = { status: number; body: unknown }
/** Answers in place of what is right; null leaves it to that. */
type Instead = (response: ServerResponse, asked: Asked) => boolean | undefined

const refusal = (status: number, ...errors: string[]): Answer => ({ status, body: { errors } })
const ok = (body: unknown): Answer => ({ status: 200, body })

export async function openTestVault(t: { after(close: () => unknown): void }) {
  const asked: Asked[] = []
  const state = {
    token: 'token-of-a-test',
    jwt: 'jwt-of-a-pod',
    tokenLease: 600,
    entries: 0,
    secret: {} as Record<string, unknown>,
    version: 1,
    lease: 0,
    instead: null as Instead | null,
  }
  const transit: Record<string, Buffer> = { nexus: randomBytes(32), other: randomBytes(32) }

  function seal(key: Buffer, { plaintext = '', associated_data = '' }: Record<string, string>): Answer {
    const nonce = randomBytes(12)
    const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(associated_data, 'base64'))
    const bytes = [nonce, cipher.update(plaintext, 'base64'), cipher.final(), cipher.getAuthTag()]
    return ok({ data: { ciphertext: `vault:v1:${Buffer.concat(bytes).toString('base64')}`, key_version: 1 } })
  }
  function open(key: Buffer, { ciphertext = '', associated_data = '' }: Record<string, string>): Answer {
    const bytes = Buffer.from(ciphertext.replace('vault:v1:', ''), 'base64')
    try {
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12))
      decipher.setAAD(Buffer.from(associated_data, 'base64')).setAuthTag(bytes.subarray(-16))
      const plain = Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()])
      return ok({ data: { plaintext: plain.toString('base64') } })
    } catch {
      return refusal(400, 'cipher: message authentication failed')
    }
  }
  function enter({ role, jwt }: Record<string, string>): Answer {
    if (role !== 'nexus' || jwt !== state.jwt) return refusal(403, 'permission denied')
    state.entries += 1
    state.token = `token-${state.entries}-of-a-pod`
    return ok({ auth: { client_token: state.token, lease_duration: state.tokenLease } })
  }
  function answer({ path, token, body }: Asked): Answer {
    if (path === '/v1/auth/kubernetes/login') return enter(body)
    if (token !== state.token) return refusal(403, 'permission denied')
    const [, verb, name = ''] = /^\/v1\/transit\/(encrypt|decrypt)\/(\w+)$/.exec(path) ?? []
    const key = transit[name]
    if (key) return verb === 'encrypt' ? seal(key, body) : open(key, body)
    if (path !== '/v1/secret/data/nexus/production') return refusal(404)
    const metadata = { version: state.version, destroyed: false, deletion_time: '' }
    return ok({ lease_duration: state.lease, renewable: false, data: { data: state.secret, metadata } })
  }

  const server = createServer(async (request, response) => {
    let text = ''
    for await (const chunk of request) text += chunk
    const token = request.headers['x-vault-token'] as string | undefined
    const one = { path: request.url!, token, body: text ? JSON.parse(text) : {} }
    asked.push(one)
    if (state.instead?.(response, one)) return
    const { status, body } = answer(one)
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, state }
}

/** Ways of a Vault that does not do what it should, and the reason that is told. */
export const badWays: Record<string, { reason: string; instead: Instead }> = {
  sealed: {
    reason: 'sealed',
    instead: (response) => !!response.writeHead(503).end('{"errors":["Vault is sealed"]}'),
  },
  'an error of its own': { reason: 'failed', instead: (response) => !!response.writeHead(500).end('{}') },
  'no answer': { reason: 'late', instead: () => true },
  'half an answer and nothing more': {
    reason: 'late',
    instead: (response) => response.writeHead(200).write('{"data":') || true,
  },
  'a connection that is cut': { reason: 'unreachable', instead: (response) => !!response.destroy() },
  'no JSON': { reason: 'unreadable', instead: (response) => !!response.writeHead(200).end('<html>') },
  'JSON of something else': { reason: 'unreadable', instead: (response) => !!response.end('{"data":{}}') },
  'a value that is no text': {
    reason: 'unreadable',
    instead: (response) =>
      !!response.end('{"lease_duration":0,"data":{"data":{"NEXUS_SECRET":7},"metadata":{"version":9}}}'),
  },
  'version 1 of its engine': {
    reason: 'unreadable',
    instead: (response) => !!response.end('{"lease_duration":2764800,"data":{"NEXUS_SECRET":"x"}}'),
  },
  'an answer of three mebibytes': {
    reason: 'large',
    instead: (response) => !!response.end('x'.repeat(3 * 1024 * 1024)),
  },
  'a token that has ended': {
    reason: 'refused',
    instead: (response) => !!response.writeHead(403).end('{"errors":["permission denied"]}'),
  },
  'a way elsewhere': {
    reason: 'unreadable',
    instead: (response) => !!response.writeHead(307, { location: 'http://127.0.0.1:9/' }).end(),
  },
}

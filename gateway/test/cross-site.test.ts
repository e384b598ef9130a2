import assert from 'node:assert/strict'
import { test } from 'node:test'
import { signAccessToken } from '#kit/tokens.ts'
import { upgrade } from '../../scripts/test/listeners.ts'
import { keys, member, openGateway } from './gateway.ts'

const query = 'mutation { signIn(input: { email: "a@b.example", password: "x" }) { accessToken } }'
const read = '{ me { email } assetStats { total } }'

/** What a page may send to another host without asking it: the types of a form, and none that is known. */
const types = [
  undefined,
  'text/plain',
  'text/plain;charset=UTF-8',
  'text/plain; application/json',
  'application/x-www-form-urlencoded',
  'application/x-www-form-urlencoded; charset=application/json',
  'multipart/form-data; boundary=x',
  'multipart/form-data; boundary="application/json"',
  'TEXT/PLAIN',
  'text/plain, application/json',
]
const bodies: [what: string, of: (text: string) => string][] = [
  ['JSON', (text) => JSON.stringify({ query: text })],
  ['a form', (text) => new URLSearchParams({ query: text }).toString()],
  [
    'a form with parts',
    (text) => `--x\r\ncontent-disposition: form-data; name="query"\r\n\r\n${text}\r\n--x--\r\n`,
  ],
]
const sites: Record<string, string>[] = [
  { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
  { origin: 'null' },
  { 'sec-fetch-site': 'same-site' },
]
type Shape = { method: 'GET' | 'POST'; url: string; headers: Record<string, string>; payload?: Buffer }
const paths = ['/graphql', '/graphql/stream']

test('nothing that another page can send is executed', async (t) => {
  const { app, house } = await openGateway(t)
  const token = await signAccessToken(keys, member())
  const cookies = [undefined, `__Host-nexus=${token}`]
  let shapes = 0
  const refused = async (request: Shape, what: string) => {
    shapes++
    const { statusCode: status, body } = await app.inject(request)
    assert.ok(status >= 400, `${what} answered ${status} ${body}`)
    assert.doesNotMatch(body, /"data":\{/, what)
  }
  for (const site of sites)
    for (const cookie of cookies)
      for (const url of paths) {
        const accept = url.endsWith('stream') ? 'text/event-stream' : '*/*'
        const from: Record<string, string> = { ...site, accept, ...(cookie && { cookie }) }
        for (const type of types)
          for (const [kind, of] of bodies)
            for (const text of [query, read]) {
              const headers = { ...from, ...(type && { 'content-type': type }) }
              const payload = Buffer.from(of(text))
              await refused(
                { method: 'POST', url, headers, payload },
                `POST ${url} ${kind} ${type} ${JSON.stringify(from)}`,
              )
            }
        for (const text of [query, read])
          for (const type of types.slice(0, 7)) {
            const search = `?query=${encodeURIComponent(text)}`
            const headers = { ...from, ...(type && { 'content-type': type }) }
            await refused({ method: 'GET', url: `${url}${search}`, headers }, `GET ${url} ${type}`)
          }
      }
  assert.ok(shapes >= 200, `${shapes} shapes`)
  const asked = Object.entries(house.asked).filter(([, calls]) => calls.length > 0)
  assert.deepEqual(asked, [])
})

test('pages of other hosts open no socket, whatever they bring', async (t) => {
  const { app } = await openGateway(t)
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  for (const site of sites) assert.equal(await upgrade(url, site), 403)
})

test('the same questions are answered to who may ask them', async (t) => {
  const { app } = await openGateway(t)
  const authorization = `Bearer ${await signAccessToken(keys, member())}`
  const reply = await app.inject({
    method: 'POST',
    url: '/graphql',
    headers: { authorization, origin: 'https://program.example' },
    payload: { query: read },
  })
  assert.equal(reply.statusCode, 200)
  assert.equal(reply.json().data.assetStats.total, 3)
})

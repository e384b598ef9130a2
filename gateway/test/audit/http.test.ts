import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FastifyInstance } from 'fastify'
import { auditServer } from 'graphql-http'
import { createLog } from '#kit/log.ts'
import { createStandalone } from '../../standalone/app.ts'
import { bearer, member, openGateway } from '../gateway.ts'
import { compose } from '../toy.ts'

/** What we do otherwise than the specification of GraphQL over HTTP wishes, by the ids of its audit. */
const wished = [
  // 400 for what is no operation, also as application/json: caches and proxies are to see that it failed.
  ['warn', '572B'],
  ['warn', 'FDE2'],
  ['warn', '7B9B'],
  // GET without a header that browsers ask permission for: pages of others could send it.
  ['notice', '5A70'],
  ['notice', 'D6D5'],
  ['notice', '6A70'],
].sort()

async function audited(app: FastifyInstance, headers: Record<string, string>) {
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const fetchFn = (input: string, init: RequestInit = {}) => {
    const all = new Headers(init.headers)
    for (const [name, value] of Object.entries(headers)) all.set(name, value)
    return fetch(input, { ...init, headers: all })
  }
  const results = await auditServer({ url: `${url}/graphql`, fetchFn })
  assert.ok(results.length >= 61)
  return results.flatMap(({ id, status }) => (status === 'ok' ? [] : [[status, id]])).sort()
}

test('the standalone gateway speaks GraphQL over HTTP', async (t) => {
  const { supergraphSdl } = compose([{ name: 'one', sdl: 'type Query { one: Int }', resolvers: {} }])
  const { app } = await createStandalone({ supergraphSdl, log: createLog('gateway', 'silent') })
  t.after(() => app.close())
  assert.deepEqual(await audited(app, {}), wished)
})

test('the gateway speaks GraphQL over HTTP', async (t) => {
  const { app } = await openGateway(t)
  assert.deepEqual(await audited(app, await bearer(member())), wished)
})

test('who sends a header that browsers ask permission for may use GET', async (t) => {
  const { app } = await openGateway(t)
  const found = await audited(app, { ...(await bearer(member())), 'apollo-require-preflight': '1' })
  assert.deepEqual(
    found.filter(([status]) => status === 'notice'),
    [],
  )
})

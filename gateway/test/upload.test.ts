import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { request } from 'node:http'
import { type TestContext, test } from 'node:test'
import type { GatewayOptions } from '../app.ts'
import { bearer, member, openGateway } from './gateway.ts'

const path = '/api/v1/integrations/imports'

async function openUploads(t: TestContext, options: Partial<GatewayOptions> = {}) {
  const gateway = await openGateway(t, options)
  const url = await gateway.app.listen({ port: 0, host: '127.0.0.1' })
  const headers = await bearer(member('manager'))
  const send = async (body: RequestInit['body'], query = '', more: Record<string, string> = {}) => {
    const reply = await fetch(`${url}${path}${query}`, {
      method: 'POST',
      headers: { ...headers, ...more },
      body,
      duplex: 'half',
    } as RequestInit)
    return { status: reply.status, body: (await reply.json()) as Answer }
  }
  return { ...gateway, url, headers, send, left: () => readdir(gateway.blobDir) }
}
type Answer = {
  data: { id: string; status: string }
  error: { code: string; message: string; details: object[] }
}

const chunks = (count: number) =>
  new ReadableStream({
    start(controller) {
      for (let index = 0; index < count; index++) controller.enqueue(new Uint8Array(100_000))
      controller.close()
    },
  })

test('a report becomes a blob and a run, whatever its type says', async (t) => {
  const { send, left, house } = await openUploads(t)
  for (const type of [
    'application/octet-stream',
    'application/json',
    'text/xml',
    'text/plain',
    'application/x-of+mine',
  ]) {
    const { status, body } = await send('{"a": not json', '?format=trivy&asset=web&file=a.json', {
      'content-type': type,
    })
    assert.deepEqual(
      [status, body.data?.id, body.data?.status],
      [202, 'run-1', 'queued'],
      JSON.stringify([type, body]),
    )
  }
  const ids = await left()
  assert.equal(ids.length, 5)
  const { upload, ...input } = house.asked.integrations![0]!.variables!.input as { upload: string }
  assert.ok(ids.includes(upload))
  assert.deepEqual(JSON.parse(JSON.stringify(input)), { fileName: 'a.json', format: 'trivy', asset: 'web' })
})

test('who may not import is refused before the body is read', async (t) => {
  const { url, left } = await openUploads(t)
  const start = async (headers: Record<string, string>) => {
    let sent = 0
    const body = new ReadableStream({
      async pull(controller) {
        await new Promise((resolve) => setTimeout(resolve, 5))
        sent++
        controller.enqueue(new Uint8Array(10))
        if (sent === 1_000) controller.close()
      },
    })
    const reply = await fetch(url + path, { method: 'POST', headers, body, duplex: 'half' } as RequestInit)
    assert.ok(sent < 500)
    return [reply.status, ((await reply.json()) as Answer).error.code]
  }
  assert.deepEqual(await start({}), [401, 'UNAUTHENTICATED'])
  assert.deepEqual(await start(await bearer(member('analyst'))), [403, 'FORBIDDEN'])
  assert.deepEqual(await left(), [])
})

test('too large is refused by the announced length, and by what really comes', async (t) => {
  const { send, left, house } = await openUploads(t)
  const announced = await send(new Uint8Array(1_000_001))
  assert.deepEqual([announced.status, announced.body.error.code], [413, 'PAYLOAD_TOO_LARGE'])
  const streamed = await send(chunks(30))
  assert.deepEqual([streamed.status, streamed.body.error.code], [413, 'PAYLOAD_TOO_LARGE'])
  assert.deepEqual(await left(), [])
  assert.equal(house.asked.integrations!.length, 0)
  assert.equal((await send(chunks(10))).status, 202)
})

test('an upload that breaks off leaves nothing', async (t) => {
  const { url, headers, left, house } = await openUploads(t)
  const upload = request(url + path, { method: 'POST', headers: { ...headers, 'content-length': '100000' } })
  upload.on('error', () => {})
  upload.write('half of it')
  const until = async (count: number) => {
    for (let tries = 0; tries < 200; tries++) {
      if ((await left()).length === count) return
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    assert.fail(`waited for ${count} files`)
  }
  await until(1)
  upload.destroy()
  await until(0)
  assert.equal(house.asked.integrations!.length, 0)
})

test('a report that is refused is not kept, one whose outcome is unknown is', async (t) => {
  const { send, left } = await openUploads(t)
  const { status, body } = await send('x', '?format=nonsense')
  assert.deepEqual(
    [status, body.error.code, body.error.message],
    [422, 'REPORT_REJECTED', 'Nobody reads this format'],
  )
  assert.deepEqual(await left(), [])
  const dead = await openUploads(t, { transports: { integrations: () => Promise.reject(new Error('gone')) } })
  assert.equal((await dead.send('x')).status, 503)
  assert.equal((await dead.left()).length, 1)
})

test('unknown parameters and empty bodies', async (t) => {
  const { send, left, url, headers } = await openUploads(t)
  const { status, body } = await send('x', '?colour=red')
  assert.deepEqual(
    [status, body.error.details],
    [400, [{ field: 'colour', message: 'There is no such parameter' }]],
  )
  assert.deepEqual(await left(), [])
  const empty = await fetch(url + path, { method: 'POST', headers })
  assert.equal(empty.status, 202)
})

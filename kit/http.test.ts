import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createHttp, listen } from './http.ts'
import { createLog } from './log.ts'

const log = createLog('http', 'silent')

test('a port that is taken is told in plain words', async (t) => {
  const first = createHttp({ log })
  const second = createHttp({ log })
  t.after(() => Promise.all([first.close(), second.close()]))
  const url = await listen(first, '127.0.0.1', 0)
  const port = Number(new URL(url).port)
  await assert.rejects(listen(second, '127.0.0.1', port), new RegExp(`Port ${port} on 127.0.0.1 is taken`))
})

test('every limit of the server is set', async (t) => {
  const app = createHttp({ log })
  t.after(() => app.close())
  const { requestTimeout, headersTimeout, keepAliveTimeout, timeout } = app.server
  assert.deepEqual(
    [requestTimeout, headersTimeout, keepAliveTimeout, timeout],
    [300_000, 10_000, 65_000, 60_000],
  )
  assert.equal(app.initialConfig.bodyLimit, 1024 * 1024)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isErrorCode, statusOfCode } from '#kit/errors.ts'
import { publicError } from '../errors.ts'
import { bearer, type GraphqlAnswer, member, openGateway } from './gateway.ts'
import { assertNoLeak } from './leaks.ts'
import { refusals } from './refusals.ts'

type Body = GraphqlAnswer & { error?: { code: string; details: object[] }; meta?: object }

for (const { code, as, request, of = {} } of refusals)
  test(`${code}: ${as} asks ${request.method} ${String(request.url).split('?')[0]} ${JSON.stringify(request.payload ?? '').slice(0, 60)}`, async (t) => {
    const { app } = await openGateway(t, of)
    const token = as === 'nobody' ? {} : await bearer(member(as))
    const headers = { ...token, ...request.headers }
    const { statusCode, body } = await app.inject({ ...request, headers })
    const { error, errors, meta: _, ...rest } = JSON.parse(body) as Body
    assertNoLeak(JSON.stringify({ error, errors, ...rest }), ['vulns', 'integrations', 'identity'])
    if (error) {
      assert.deepEqual([error.code, statusCode], [code, statusOfCode[code]])
      return
    }
    assert.deepEqual(
      errors!.map(({ extensions }) => extensions.code),
      [code],
    )
    for (const { extensions } of errors!)
      assert.deepEqual(
        Object.keys(extensions).filter((key) => key !== 'code' && key !== 'details'),
        [],
      )
  })

test('whatever code a subgraph gives, clients see one of the catalogue', () => {
  const strange = [
    undefined,
    null,
    7,
    {},
    'DOWNSTREAM_SERVICE_ERROR',
    'PERSISTED_QUERY_NOT_FOUND',
    'PERSISTED_QUERY_NOT_SUPPORTED',
    'BAD_USER_INPUT',
    'constructor',
    '__proto__',
    'forbidden',
    '23505',
  ]
  for (const code of strange)
    for (const serviceName of [undefined, 'assets']) {
      const told = publicError('duplicate key at db.internal:5432', {
        code,
        serviceName,
        stacktrace: ['at x'],
      })
      assert.ok(isErrorCode(told.code), String(code))
      assert.deepEqual(Object.keys(told), ['code', 'message', 'details'])
    }
})

test('the scan for leaks finds what it is for', () => {
  const leaks = [
    'connect ECONNREFUSED 10.1.2.3:4103',
    'getaddrinfo ENOTFOUND db.internal',
    'at Object.f (/srv/app/db.js:3:9)',
    'Error: x\n    at f',
    'see /home/nexus/.nexus/secret',
    'select * from asset where id = 1',
    'relation "assets.asset" does not exist',
    'Unexpected token < in JSON at position 0',
    '{"serviceName":"x"}',
    'the subgraph scoring failed',
    'on port 4103',
  ]
  for (const leak of leaks) assert.throws(() => assertNoLeak(leak, ['scoring', 4103]), leak)
  assertNoLeak('{"errors":[{"message":"You may not do this","path":["assets",0,"score"]}]}', [
    'scoring',
    4103,
  ])
})

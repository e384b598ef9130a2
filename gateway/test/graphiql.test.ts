import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openGateway } from './gateway.ts'

test('in development GraphiQL is served whole, and loads nothing from elsewhere', async (t) => {
  const { app } = await openGateway(t, { production: false })
  const page = await app.inject('/graphiql')
  assert.equal(page.statusCode, 200)
  assert.match(page.headers['content-type'] as string, /^text\/html/)
  assert.match(
    page.headers['content-security-policy'] as string,
    /script-src 'self';.*frame-ancestors 'none'/,
  )
  const named = [...page.body.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, path]) => path!)
  assert.deepEqual(named, ['/graphiql/style.css', '/graphiql/app.js'])
  for (const path of [...named, '/graphiql/editor.js', '/graphiql/json.js', '/graphiql/graphql.js']) {
    const { statusCode, headers, body } = await app.inject(path)
    assert.equal(statusCode, 200, path)
    assert.match(
      headers['content-type'] as string,
      path.endsWith('.css') ? /^text\/css/ : /^text\/javascript/,
    )
    assert.ok(body.length > 10_000, path)
  }
  for (const path of ['/graphiql/nothing.js', '/graphiql/__proto__', '/graphiql/..%2f..%2fpackage.json'])
    assert.equal((await app.inject(path)).statusCode, 404, path)
})

test('in production there is none', async (t) => {
  const { app } = await openGateway(t, { production: true })
  for (const path of ['/graphiql', '/graphiql/app.js']) assert.equal((await app.inject(path)).statusCode, 404)
})

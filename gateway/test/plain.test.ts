import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bearer, member, openGateway } from './gateway.ts'

const questions: [what: string, query: string, variables?: object, operationName?: string][] = [
  ['an answer', '{ me { email } assets { edges { node { name } } } }'],
  ['an answer with nulls and errors', '{ broken assetStats { total } }'],
  ['what a subgraph refuses', '{ refused }'],
  ['a syntax error', '{ me {'],
  ['an unknown field', '{ mee }'],
  ['too much at once', `{ ${Array.from({ length: 40 }, (_, n) => `a${n}: me { id }`).join(' ')} }`],
  ['a variable of another type', 'query ($id: ID!) { asset(id: $id) { name } }', { id: [] }],
  ['a variable that is missing', 'query ($id: ID!) { asset(id: $id) { name } }'],
  ['one of two operations', 'query a { me { email } } query b { assetStats { total } }', {}, 'b'],
  ['neither of two operations', 'query a { me { email } } query b { assetStats { total } }'],
  ['an unknown operation', 'query a { me { email } }', {}, 'c'],
  ['the schema', '{ __schema { queryType { name } } me { email } }'],
  ['the name of a type', '{ __typename }'],
  ['a subscription', 'subscription { alertCreated { title } }'],
]
const accepted = [
  undefined,
  '*/*',
  'application/json',
  'application/graphql-response+json',
  'application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed',
  'application/json;q=0.5, application/graphql-response+json;q=0.9',
  'text/html',
]

for (const production of [true, false])
  test(`a plain question is answered as Apollo Server answers it, production ${production}`, async (t) => {
    const { app } = await openGateway(t, { production })
    const ask = async (body: object, headers: Record<string, string>) => {
      const reply = await app.inject({ method: 'POST', url: '/graphql', headers, payload: body })
      return [reply.statusCode, reply.headers['content-type'], reply.body]
    }
    for (const headers of [{}, await bearer(member())])
      for (const [what, query, variables, operationName] of questions)
        for (const accept of what === 'an answer' ? accepted : [undefined]) {
          const body = { query, variables, operationName }
          const given = { ...headers, ...(accept && { accept }) }
          // Extensions are nothing plain.
          const expected = await ask({ ...body, extensions: {} }, given)
          assert.deepEqual(await ask(body, given), expected, `${what}, ${accept}`)
        }
  })

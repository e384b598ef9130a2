import { authExchange } from '@urql/exchange-auth'
import { type Cache, cacheExchange } from '@urql/exchange-graphcache'
import { Client, type CombinedError, fetchExchange, mapExchange, subscriptionExchange } from 'urql'
import { graphql } from './graphql.ts'
import type { Live } from './live.ts'
import { isRenewable, renewSession } from './renewal.ts'

/** Who is signed in. Every page's query asks it, and the frame of the page reads it from there. */
export const MeQuery = graphql(`
  query Me {
    me { id name email role organization { id name } }
  }
`)

/** What has no id of its own, and lives inside of what asks it. */
const parts = [
  'TotalCount',
  'Bucket',
  'AlertStats',
  'VulnerabilityStats',
  'CvssRating',
  'VulnerableComponent',
]
const more = ['FindingLocation', 'Posture', 'AlertChanged', 'AcknowledgeAlertPayload']

/** A client with an empty cache. `onEnded` is told when an answer says that nobody is signed in. */
export function createPageClient(live: Live, onEnded: () => void): Client {
  return new Client({
    url: '/graphql',
    preferGetMethod: false,
    exchanges: [
      mapExchange({
        onError(error) {
          if (codeOf(error) === 'UNAUTHENTICATED') onEnded()
        },
      }),
      cacheExchange({
        keys: Object.fromEntries([...parts, ...more].map((type) => [type, () => null])),
        optimistic: {
          acknowledgeAlert: ({ input }, cache) => acknowledged(cache, (input as { id: string }).id),
        },
      }),
      // The tokens are in cookies: there is nothing to add, only to renew.
      authExchange(async () => ({
        addAuthToOperation: (operation) => operation,
        didAuthError: ({ response }) => isRenewable(response),
        async refreshAuth() {
          await renewSession()
        },
      })),
      fetchExchange,
      subscriptionExchange({
        forwardSubscription: (request) => ({
          subscribe: (sink) => ({
            unsubscribe: live.subscribe({ ...request, query: request.query ?? '' }, sink),
          }),
        }),
      }),
    ],
  })
}

function acknowledged(cache: Cache, id: string) {
  const alert = { __typename: 'Alert', id }
  const me = cache.resolve('Query', 'me')
  return {
    __typename: 'AcknowledgeAlertPayload',
    alert: {
      ...alert,
      status: 'ACKNOWLEDGED',
      acknowledgedAt: new Date().toISOString(),
      assignee: cache.resolve(alert, 'assignee') ?? me,
    },
  }
}

/** The stable code of the first error that has one. */
export const codeOf = (error: CombinedError): string | undefined =>
  error.graphQLErrors.map(({ extensions }) => extensions.code).find((code) => typeof code === 'string')

/** The id by which the gateway's log knows the request. */
export function requestIdOf(error: CombinedError): string | undefined {
  const response: unknown = error.response
  return response instanceof Response ? (response.headers.get('x-request-id') ?? undefined) : undefined
}

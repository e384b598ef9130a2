import { z } from 'zod'
import { unauthenticated } from '#kit/errors.ts'
import { sessionCookie } from '../session.ts'
import { type Fields, type Route, route } from './route.ts'

const user = 'id email name role organization { id name slug } lastLoginAt createdAt updatedAt'

type SignedIn = { signIn: { access_token: string; expires_in: number; user: Fields } }

const signIn = (path: string, shown: Pick<Route, 'data' | 'headers'>): Route =>
  route({
    method: 'POST',
    path,
    operation: `mutation Login($input: SignInInput!) {
      signIn(input: $input) { accessToken expiresIn user { ${user} } }
    }`,
    body: z.strictObject({
      email: z.email('Invalid email format').max(255),
      password: z.string('Must be given').min(1, 'Must be given').max(1_000),
      organization: z.string().max(100).optional(),
    }),
    variables: ({ body }) => ({ input: body }),
    ...shown,
  })

export const auth = (): Route[] => [
  signIn('/auth/login', {
    data(answer) {
      const { access_token, expires_in, user } = (answer as SignedIn).signIn
      return { accessToken: access_token, tokenType: 'Bearer', expiresIn: expires_in, user }
    },
  }),
  // For browsers: the token goes into a cookie, and no script sees it.
  signIn('/auth/session', {
    data(answer) {
      const { expires_in, user } = (answer as SignedIn).signIn
      return { expiresIn: expires_in, user }
    },
    headers(answer) {
      const { access_token, expires_in } = (answer as SignedIn).signIn
      return { 'set-cookie': sessionCookie(access_token, expires_in) }
    },
  }),
  route({
    method: 'POST',
    path: '/auth/logout',
    operation: '{ __typename }',
    data: () => ({ signedOut: true }),
    headers: () => ({ 'set-cookie': sessionCookie('', 0) }),
  }),
  route({
    method: 'GET',
    path: '/auth/me',
    operation: `query Me { me { ${user} } }`,
    data: ({ me }) => {
      if (!me) throw unauthenticated()
      return me
    },
  }),
]

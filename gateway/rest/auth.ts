import { z } from 'zod'
import { unauthenticated } from '#kit/errors.ts'
import { type Fields, type Route, route } from './route.ts'

const user = 'id email name role organization { id name slug } lastLoginAt createdAt updatedAt'

export const auth = (): Route[] => [
  route({
    method: 'POST',
    path: '/auth/login',
    operation: `mutation Login($input: SignInInput!) {
      signIn(input: $input) { accessToken expiresIn user { ${user} } }
    }`,
    body: z.strictObject({
      email: z.email('Invalid email format').max(255),
      password: z.string('Must be given').min(1, 'Must be given').max(1_000),
      organization: z.string().max(100).optional(),
    }),
    variables: ({ body }) => ({ input: body }),
    data: ({ signIn }) => {
      const { access_token, expires_in, user } = signIn as Fields
      return { accessToken: access_token, tokenType: 'Bearer', expiresIn: expires_in, user }
    },
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

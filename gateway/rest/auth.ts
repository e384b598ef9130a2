import type { IncomingHttpHeaders } from 'node:http'
import { z } from 'zod'
import { unauthenticated } from '#kit/errors.ts'
import { deviceCookie, deviceOf, noSession, refreshOf, sessionCookies } from '../session.ts'
import { type Fields, type Route, route } from './route.ts'

const user = 'id email name role organization { id name slug } lastLoginAt createdAt updatedAt'
export const tokens = `accessToken expiresIn refreshToken refreshExpiresIn deviceToken user { ${user} }`

export type Entered = {
  access_token: string
  expires_in: number
  refresh_token: string
  refresh_expires_in: number
  device_token: string | null
  user: Fields
}
export type Shown = Pick<Route<unknown, unknown, Fields>, 'data' | 'headers'>
const enteredBy = (answer: Fields) => Object.values(answer)[0] as Entered

/** For programs: the tokens are in the answer. */
export const told: Shown = {
  data(answer) {
    const entered = enteredBy(answer)
    return {
      accessToken: entered.access_token,
      tokenType: 'Bearer',
      expiresIn: entered.expires_in,
      refreshToken: entered.refresh_token,
      refreshExpiresIn: entered.refresh_expires_in,
      user: entered.user,
    }
  },
}

/** For browsers: the tokens go into cookies, and no script sees them. */
export const kept: Required<Shown> = {
  data(answer) {
    const { expires_in, user } = enteredBy(answer)
    return { expiresIn: expires_in, user }
  },
  headers: (answer) => ({ 'set-cookie': cookiesOf(enteredBy(answer)) }),
}

/** What a browser keeps of who has come in. */
export function cookiesOf({ device_token, ...entered }: Entered): string[] {
  const cookies = sessionCookies({
    access: { token: entered.access_token, seconds: entered.expires_in },
    refresh: { token: entered.refresh_token, seconds: entered.refresh_expires_in },
  })
  return device_token ? [...cookies, deviceCookie(device_token)] : cookies
}

const credentials: z.ZodType<Fields> = z.strictObject({
  email: z.email('Invalid email format').max(255),
  password: z.string('Must be given').min(1, 'Must be given').max(1_000),
  organization: z.string().max(100).optional(),
})

const signIn = (path: string, shown: Shown, device: (headers: IncomingHttpHeaders) => Fields): Route =>
  route({
    method: 'POST',
    path,
    open: true,
    operation: `mutation Login($input: SignInInput!) { signIn(input: $input) { ${tokens} } }`,
    body: credentials,
    variables: ({ body }, { headers }) => ({ input: { ...body, ...device(headers) } }),
    ...shown,
  })

const refreshToken = z.strictObject({ refreshToken: z.string().min(1).max(200).optional() })

const session = 'id createdAt lastUsedAt expiresAt ip userAgent current'

export const auth = (): Route[] => [
  signIn('/auth/login', told, () => ({})),
  signIn('/auth/session', kept, (headers) => ({ deviceToken: deviceOf(headers), rememberDevice: true })),
  // Answers the way it was asked: by a token in the body, or by the browser's cookie.
  route({
    method: 'POST',
    path: '/auth/refresh',
    open: true,
    operation: `mutation Refresh($input: RefreshSessionInput!) { refreshSession(input: $input) { ${tokens} } }`,
    body: refreshToken,
    variables({ body }, { headers }) {
      const token = body.refreshToken ?? refreshOf(headers)
      if (!token) throw unauthenticated()
      return { input: { refreshToken: token } }
    },
    data: (answer, input) => (input.body.refreshToken ? told : kept).data(answer, input),
    headers: (answer, input) => (input.body.refreshToken ? {} : kept.headers(answer, input)),
  }),
  route({
    method: 'POST',
    path: '/auth/logout',
    open: true,
    operation: 'mutation Logout($input: SignOutInput!) { signOut(input: $input) { signedOut } }',
    body: refreshToken,
    variables: ({ body }, { headers }) => ({
      input: { refreshToken: body.refreshToken ?? refreshOf(headers) },
    }),
    data: () => ({ signedOut: true }),
    headers: () => ({ 'set-cookie': noSession() }),
  }),
  route({
    method: 'POST',
    path: '/auth/password',
    open: true,
    operation: 'mutation SetPassword($input: SetPasswordInput!) { setPassword(input: $input) { isSet } }',
    body: z.strictObject({
      token: z.string('Must be given').min(1).max(200),
      password: z.string('Must be given').max(1_000),
    }),
    variables: ({ body }) => ({ input: body }),
    data: ({ setPassword }) => setPassword,
  }),
  route({
    method: 'GET',
    path: '/auth/me',
    needs: 'signedIn',
    operation: `query Me { me { ${user} } }`,
    data: ({ me }) => {
      if (!me) throw unauthenticated()
      return me
    },
  }),
  route({
    method: 'GET',
    path: '/auth/sessions',
    needs: 'signedIn',
    operation: `query Sessions { sessions { ${session} } }`,
    data: ({ sessions }) => ({ items: sessions }),
  }),
  route({
    method: 'DELETE',
    path: '/auth/sessions/:id',
    needs: 'signedIn',
    operation: `mutation RevokeSession($input: RevokeSessionInput!) {
      revokeSession(input: $input) { session { ${session} endedAt } }
    }`,
    params: z.object({ id: z.string() }),
    variables: ({ params: { id } }) => ({ input: { id } }),
    data: ({ revokeSession }) => (revokeSession as Fields).session,
  }),
]

import type { IncomingHttpHeaders } from 'node:http'
import { parseCookie, stringifySetCookie } from 'cookie'

// The prefix makes browsers refuse them from other hosts and over plain HTTP, localhost aside.
const names = { access: '__Host-nexus', refresh: '__Host-nexus-refresh' } as const
const deviceName = '__Host-nexus-device'
const deviceSeconds = 30 * 86_400

const cookie = (name: string, value: string, maxAge: number): string =>
  stringifySetCookie({ name, value, maxAge, path: '/', httpOnly: true, secure: true, sameSite: 'strict' })

/**
 * The tokens of a browser, where no script can read them. They come with requests of our own pages only.
 * `seconds` is how long each is kept.
 */
export const sessionCookies = (
  tokens: Record<keyof typeof names, { token: string; seconds: number }>,
): string[] => [
  cookie(names.access, tokens.access.token, tokens.access.seconds),
  cookie(names.refresh, tokens.refresh.token, tokens.refresh.seconds),
]

// It comes back with the browser from the provider's page, so that it cannot be of our own pages only.
const ssoName = '__Host-nexus-sso'
const ssoSeconds = 600

/** What a browser keeps while somebody signs in at their provider. */
export const ssoCookie = (secret: string): string =>
  stringifySetCookie({
    ...{ name: ssoName, value: secret, maxAge: ssoSeconds, path: '/' },
    ...{ httpOnly: true, secure: true, sameSite: 'lax' },
  })

/** What it has kept; it is of use with the state of that sign-in alone, wherever it comes from. */
export const ssoOf = ({ cookie }: IncomingHttpHeaders): string | null =>
  (cookie && parseCookie(cookie)[ssoName]) || null

/** By what a browser is known when somebody signs in again; it stays when they sign out. */
export const deviceCookie = (token: string): string => cookie(deviceName, token, deviceSeconds)

/** Takes the tokens away. */
export const noSession = (): string[] => Object.values(names).map((name) => cookie(name, '', 0))

function tokenIn(headers: IncomingHttpHeaders, name: string): string | null {
  if (!headers.cookie || isForeign(headers)) return null
  return parseCookie(headers.cookie)[name] ?? null
}

/** The access token in the cookie, or null where there is none, or where another host's page asks. */
export const sessionOf = (headers: IncomingHttpHeaders): string | null => tokenIn(headers, names.access)

/** The refresh token in its cookie, by the same rule. */
export const refreshOf = (headers: IncomingHttpHeaders): string | null => tokenIn(headers, names.refresh)

/** The token of the device, by the same rule. */
export const deviceOf = (headers: IncomingHttpHeaders): string | null => tokenIn(headers, deviceName)

/** Whether a page of another host asks. Programs, which are no pages, never do. */
export function isForeign(headers: IncomingHttpHeaders): boolean {
  const { origin, host } = headers
  const site = headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return true
  if (origin === undefined) return false
  return !URL.canParse(origin) || new URL(origin).host !== host
}

import type { IncomingHttpHeaders } from 'node:http'
import { parseCookie, stringifySetCookie } from 'cookie'

// The prefix makes browsers refuse it from other hosts and over plain HTTP, localhost aside.
const name = '__Host-nexus'

/**
 * The access token of a browser, where no script can read it. It comes with requests of our own pages only.
 * @param seconds until it ends; 0 takes it away
 */
export const sessionCookie = (token: string, seconds: number): string =>
  stringifySetCookie({
    name,
    value: token,
    maxAge: seconds,
    path: '/',
    httpOnly: true,
    secure: true,
    sameSite: 'strict',
  })

/** The token in the cookie, or null where there is none, or where another host's page asks. */
export function sessionOf(headers: IncomingHttpHeaders): string | null {
  if (!headers.cookie || isForeign(headers)) return null
  return parseCookie(headers.cookie)[name] ?? null
}

/** Whether a page of another host asks. Programs, which are no pages, never do. */
export function isForeign(headers: IncomingHttpHeaders): boolean {
  const { origin, host } = headers
  const site = headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return true
  if (origin === undefined) return false
  return !URL.canParse(origin) || new URL(origin).host !== host
}

/** A browser as far as single sign-on needs one: it keeps cookies, and goes where it is sent. */
import { parseSetCookie } from 'cookie'
import { publicUrl } from './identity-provider.ts'

export type Browser = {
  /** The cookies of our own pages. */
  cookies: Map<string, string>
  /** Every address that it was sent to. */
  went: string[]
  /**
   * Goes on until it is at a page of ours, and answers its path. `turn` sees each address before it is asked, and
   * says another one, or null where the browser stays.
   */
  go(address: string, turn?: (address: string) => string | null): Promise<string>
}

export function openBrowser(houseUrl: string): Browser {
  const jars = new Map<string, Map<string, string>>()
  const jarOf = (origin: string) => {
    const jar = jars.get(origin) ?? new Map<string, string>()
    jars.set(origin, jar)
    return jar
  }
  const cookies = jarOf(publicUrl)
  const went: string[] = []
  return {
    cookies,
    went,
    async go(address, turn = (same) => same) {
      let next = new URL(address, publicUrl).href
      for (let steps = 0; steps < 15; steps++) {
        const turned = turn(next)
        if (turned === null) return next
        const url = new URL(turned)
        went.push(url.href)
        const isOurs = url.origin === publicUrl
        if (isOurs && !url.pathname.startsWith('/api/')) return url.pathname + url.search
        const jar = jarOf(url.origin)
        const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
        const answer = await fetch(isOurs ? `${houseUrl}${url.pathname}${url.search}` : url, {
          redirect: 'manual',
          headers: {
            ...(cookie && { cookie }),
            'sec-fetch-site': 'cross-site',
            'sec-fetch-mode': 'navigate',
          },
        })
        for (const text of answer.headers.getSetCookie()) {
          const { name, value, maxAge } = parseSetCookie(text)
          if (maxAge === 0 || !value) jar.delete(name)
          else jar.set(name, value)
        }
        const location = answer.headers.get('location')
        if (!location) throw new Error(`${url.href} answered ${answer.status}: ${await answer.text()}`)
        next = new URL(location, url).href
      }
      throw new Error('The browser is sent around and around')
    },
  }
}

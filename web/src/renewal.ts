/** The gateway's word that an answer to nobody could be one to somebody: the session goes on, its token has ended. */
export const isRenewable = (response: unknown): boolean =>
  response instanceof Response && response.headers.get('x-nexus-session') === 'renewable'

let renewing: Promise<boolean> | undefined

/** New cookies for a session that goes on; one question for all who ask at once. */
export function renewSession(): Promise<boolean> {
  renewing ??= fetch('/api/v1/auth/refresh', { method: 'POST' })
    .then(
      ({ ok }) => ok,
      () => false,
    )
    .finally(() => {
      renewing = undefined
    })
  return renewing
}

/** Whether somebody is signed in, with new cookies if need be. Without an answer nothing has ended. */
export async function sessionGoesOn(): Promise<boolean> {
  const ask = () =>
    fetch('/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ me { id } }' }),
    })
  try {
    const first = await ask()
    const response = isRenewable(first) && (await renewSession()) ? await ask() : first
    const { data, errors } = await response.json()
    return Boolean(data?.me) || errors?.[0]?.extensions?.code !== 'UNAUTHENTICATED'
  } catch {
    return true
  }
}

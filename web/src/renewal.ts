/** The gateway's word that an answer to nobody could be one to somebody: the session goes on, its token has ended. */
const isRenewable = ({ headers }: Response) => headers.get('x-nexus-session') === 'renewable'

let renewing: Promise<boolean> | undefined

/** New cookies for a session that goes on; one question for all who ask at once. */
function renewSession(): Promise<boolean> {
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

/** `fetch` that asks once more, with new cookies, where the old ones had run out. */
export const fetchInSession: typeof fetch = async (input, init) => {
  const response = await fetch(input, init)
  return isRenewable(response) && (await renewSession()) ? fetch(input, init) : response
}

/** Whether somebody is signed in, with new cookies if need be. Without an answer nothing has ended. */
export async function sessionGoesOn(): Promise<boolean> {
  try {
    const response = await fetchInSession('/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ me { id } }' }),
    })
    const { data, errors } = await response.json()
    return Boolean(data?.me) || errors?.[0]?.extensions?.code !== 'UNAUTHENTICATED'
  } catch {
    return true
  }
}

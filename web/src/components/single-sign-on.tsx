import type { FormEvent } from 'react'

const reasons: Record<string, string> = {
  none: 'This organization has no single sign-on, or its provider does not answer.',
  later: 'Too many people are signing in. Try again in a minute.',
  failed: 'Your provider did not let you in here. Ask who runs your organization.',
}

// Pages write their own addresses as soon as they are shown.
const outcome = reasons[new URLSearchParams(location.search).get('sso') ?? '']
const longestWay = 2_000

/** The way in by the provider of one's organization: this page is left, and comes back signed in. */
export function SingleSignOn() {
  const go = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const organization = String(new FormData(event.currentTarget).get('slug')).trim()
    const here = location.pathname + (outcome ? '' : location.search)
    const back = here.length <= longestWay ? `?return_to=${encodeURIComponent(here)}` : ''
    // Not by the form itself: it is sent to this host only, and this leads to another one.
    location.assign(`/api/v1/auth/sso/${encodeURIComponent(organization)}${back}`)
  }
  return (
    <form onSubmit={go} aria-label="With your organization">
      <p role="alert" className="refusal">
        {outcome}
      </p>
      <label>
        Short name of your organization
        <input name="slug" autoCapitalize="none" spellCheck={false} required maxLength={100} />
      </label>
      <button type="submit" className="button">
        Continue with your organization
      </button>
    </form>
  )
}

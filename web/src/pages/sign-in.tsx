import { type FormEvent, lazy, Suspense, useState } from 'react'
import { Mark } from '../components/mark.tsx'
import { SingleSignOn } from '../components/single-sign-on.tsx'
import {
  type Credentials,
  type Ended,
  type Refused,
  type Step,
  signIn,
  signInWithPasskey,
} from '../session.ts'

// Most who sign in need neither.
const SecondStep = lazy(() => import('./second-step.tsx'))

const reasons: Record<Ended, string> = {
  needed: 'Use the account that your organization gave you.',
  expired: 'Your session has ended. Sign in again to go on where you were.',
  left: 'You are signed out.',
}

/** Stands in for any page while nobody is signed in: the address stays, and with it the way back. */
export function SignIn({ why }: { why: Ended }) {
  const [refusal, setRefusal] = useState<string | null>(null)
  const [isAsking, setAsking] = useState(false)
  const [step, setStep] = useState<Step | null>(null)

  const wait = async (asked: Promise<Refused | null>) => {
    setAsking(true)
    setRefusal(null)
    const refused = await asked
    setAsking(false)
    setStep(refused?.step ?? null)
    setRefusal(refused && !refused.step ? refused.message : null)
  }
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    if (isAsking) return
    const given = new FormData(event.currentTarget)
    const organization = String(given.get('organization')).trim()
    const credentials: Credentials = {
      email: String(given.get('email')).trim(),
      password: String(given.get('password')),
      ...(organization && { organization }),
    }
    await wait(signIn(credentials))
  }
  const byPasskey = async () => {
    if (isAsking) return
    const { presentPasskey } = await import('../passkeys.ts')
    await wait(
      presentPasskey('/auth/passkeys/options', {}).then(({ passkey, message }) =>
        passkey ? signInWithPasskey(passkey) : { message },
      ),
    )
  }

  if (step)
    return (
      <Suspense>
        <SecondStep step={step} leave={() => setStep(null)} />
      </Suspense>
    )

  return (
    <main className="sign-in">
      <title>Sign in · Nexus</title>
      <form onSubmit={submit} aria-describedby="why">
        <h1>
          <Mark size={36} />
          Sign in to Nexus
        </h1>
        <p id="why">{reasons[why]}</p>
        <label>
          E-mail
          {/* biome-ignore lint/a11y/noAutofocus: there is nothing else on this page */}
          <input name="email" type="email" autoComplete="username" required autoFocus maxLength={255} />
        </label>
        <label>
          Password
          <input name="password" type="password" autoComplete="current-password" required maxLength={1000} />
        </label>
        <details>
          <summary>Another organization</summary>
          <label>
            Its short name
            <input name="organization" autoCapitalize="none" spellCheck={false} maxLength={100} />
          </label>
        </details>
        <p role="alert" className="refusal">
          {refusal}
        </p>
        <button type="submit" className="button primary" aria-disabled={isAsking}>
          {isAsking ? 'Signing in …' : 'Sign in'}
        </button>
        {'PublicKeyCredential' in window && (
          <button type="button" className="button" onClick={byPasskey}>
            Use a passkey
          </button>
        )}
      </form>
      <SingleSignOn />
    </main>
  )
}

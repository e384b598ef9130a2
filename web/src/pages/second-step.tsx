import { useState } from 'react'
import { Mark } from '../components/mark.tsx'
import { SetUpTotp } from '../components/set-up-totp.tsx'
import { codeField, SmallForm } from '../components/small-form.tsx'
import { presentPasskey } from '../passkeys.ts'
import { completeSignIn, type Step } from '../session.ts'

const recovery = { name: 'recoveryCode', label: 'Recovery code', autoComplete: 'off', spellCheck: false }

/** What the password was not enough for: a second factor, or setting one up. */
export default function SecondStep({ step, leave }: { step: Step; leave(): void }) {
  const { challenge, methods } = step
  const [refusal, setRefusal] = useState<string | null>(null)
  const [way, setWay] = useState(methods.includes('totp') ? 'totp' : 'recovery_code')
  const mustSetUp = methods.length === 0
  const submit = async (given: Record<string, string>) => {
    setRefusal(null)
    return (await completeSignIn({ challenge, ...given }))?.message ?? null
  }
  const byPasskey = async () => {
    const { passkey, message } = await presentPasskey('/auth/passkeys/options', { challenge })
    const refused = passkey ? await completeSignIn({ challenge, passkey }) : { message }
    setRefusal(refused?.message ?? null)
  }
  const setUp = async () => {
    const refused = await completeSignIn({ challenge })
    if (refused) leave()
  }
  return (
    <main className="sign-in">
      <title>Sign in · Nexus</title>
      <div className="card">
        <h1>
          <Mark size={36} />
          {mustSetUp ? 'Set up a second factor' : 'One more step'}
        </h1>
        <p role="status">
          {mustSetUp
            ? 'Your organization asks for a second factor before you come in.'
            : 'The password was right. Show once more that it is you.'}
        </p>
        {mustSetUp ? (
          <SetUpTotp challenge={challenge} refused={leave} done={setUp} />
        ) : (
          <>
            {methods.includes('passkey') && (
              <button type="button" className="button primary" onClick={byPasskey}>
                Use a passkey
              </button>
            )}
            <SmallForm
              key={way}
              fields={[
                { ...(way === 'totp' ? codeField() : recovery), autoFocus: !methods.includes('passkey') },
              ]}
              action="Go on"
              submit={submit}
            />
            {methods.includes('totp') && methods.includes('recovery_code') && (
              <button
                type="button"
                className="button plain"
                onClick={() => setWay(way === 'totp' ? 'recovery_code' : 'totp')}
              >
                {way === 'totp' ? 'Use a recovery code' : 'Use the authenticator'}
              </button>
            )}
          </>
        )}
        <p role="alert" className="refusal">
          {refusal}
        </p>
        <button type="button" className="button plain" onClick={leave}>
          Back to the password
        </button>
      </div>
    </main>
  )
}

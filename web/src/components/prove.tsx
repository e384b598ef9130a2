import { useState } from 'react'
import { ask } from '../ask.ts'
import { presentPasskey } from '../passkeys.ts'
import { codeField, SmallForm } from './small-form.tsx'

const password = {
  name: 'password',
  label: 'Your password',
  type: 'password',
  autoComplete: 'current-password',
}

/** Asks once more who sits there, before something changes that protects the account. */
export function Prove({ methods, done }: { methods: string[]; done(): void }) {
  const [refusal, setRefusal] = useState<string | null>(null)
  const prove = async (given: object) => {
    const answer = await ask('POST', '/auth/proof', given)
    if (answer.refusal) return answer.refusal.message
    done()
    return null
  }
  const byPasskey = async () => {
    const { passkey, message } = await presentPasskey('/auth/proof/options', {})
    setRefusal(passkey ? await prove({ passkey }) : message)
  }
  const field = methods.includes('password') ? password : methods.includes('totp') ? codeField() : null
  return (
    <section className="part" aria-labelledby="prove">
      <h2 id="prove">Show once more that it is you</h2>
      {methods.includes('passkey') && (
        <button type="button" className="button" onClick={byPasskey}>
          Use a passkey
        </button>
      )}
      {field && <SmallForm fields={[{ ...field, autoFocus: true }]} action="Go on" submit={prove} />}
      <p role="alert" className="refusal">
        {refusal}
      </p>
    </section>
  )
}

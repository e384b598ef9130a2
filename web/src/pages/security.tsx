import { useCallback, useEffect, useState } from 'react'
import { useQuery } from 'urql'
import { ask } from '../ask.ts'
import { MeQuery } from '../client.ts'
import { PageHead } from '../components/page-head.tsx'
import { type Passkey, Passkeys } from '../components/passkeys.tsx'
import { Prove } from '../components/prove.tsx'
import { RecoveryCodes } from '../components/recovery-codes.tsx'
import { SetUpTotp } from '../components/set-up-totp.tsx'
import { codeField, SmallForm } from '../components/small-form.tsx'
import { say } from '../components/toasts.tsx'
import type { Refusal } from '../rest.ts'

type Factors = {
  totp_enabled_at: string | null
  recovery_codes_left: number
  passkeys: Passkey[]
}
const secret = { type: 'password', maxLength: 1000 }
const current = { ...secret, name: 'current', label: 'Password', autoComplete: 'current-password' }

/** What protects one's own account. */
export function Security() {
  useQuery({ query: MeQuery })
  const [factors, setFactors] = useState<Factors | null>(null)
  const [proof, setProof] = useState<string[] | null>(null)
  const [isSettingUp, setSettingUp] = useState(false)
  const [codes, setCodes] = useState<string[] | null>(null)

  const read = useCallback(async () => {
    const { data } = await ask<Factors>('GET', '/auth/factors')
    if (data) setFactors(data)
  }, [])
  useEffect(() => void read(), [read])

  /** What is refused in words; what asks for a proof asks for it. */
  const refused = ({ code, methods, message }: Refusal): string => {
    if (code !== 'REAUTHENTICATION_REQUIRED' || !methods) return message
    setProof(methods)
    return 'Show first that it is you, then try again.'
  }
  const change = async (method: string, path: string, body?: object) => {
    const { refusal } = await ask(method, path, body)
    if (refusal) return refused(refusal)
    await read()
    return null
  }
  const proved = () => {
    setProof(null)
    say('success', 'Thank you. Go on with what you wanted to change.')
  }
  const renew = async () => {
    const { data, refusal } = await ask<{ recoveryCodes: string[] }>('POST', '/auth/recovery-codes')
    if (refusal) say('failure', refused(refusal))
    else setCodes(data.recoveryCodes)
    await read()
  }
  const changePassword = async ({ current, next }: Record<string, string>) => {
    const why = await change('PUT', '/auth/password', { current, new: next })
    if (!why) say('success', 'Your password is changed. Your other sessions have ended.')
    return why
  }

  if (!factors) return <PageHead title="Security" />
  const has = factors.totp_enabled_at !== null || factors.passkeys.length > 0
  return (
    <>
      <PageHead title="Security" />
      <p className="lead">What protects your account, besides your password.</p>
      {proof && <Prove methods={proof} done={proved} />}
      <section className="part" aria-labelledby="totp">
        <h2 id="totp">Authenticator</h2>
        {factors.totp_enabled_at ? (
          <>
            <p>An app shows codes that you are asked for when you sign in.</p>
            <SmallForm
              fields={[{ ...current, name: 'password' }, codeField()]}
              action="Remove"
              submit={({ password, code }) => change('POST', '/auth/totp/remove', { password, code })}
            />
          </>
        ) : isSettingUp ? (
          <SetUpTotp
            refused={(refusal) => {
              setSettingUp(false)
              say('failure', refused(refusal))
            }}
            done={() => {
              setSettingUp(false)
              void read()
            }}
          />
        ) : (
          <button type="button" className="button" onClick={() => setSettingUp(true)}>
            Set up an authenticator
          </button>
        )}
      </section>
      <Passkeys passkeys={factors.passkeys} refused={refused} changed={read} shown={setCodes} />
      {(has || codes) && (
        <section className="part" aria-labelledby="recovery">
          <h2 id="recovery">Recovery codes</h2>
          {codes ? (
            <RecoveryCodes codes={codes} done={() => setCodes(null)} />
          ) : (
            <>
              <p>{factors.recovery_codes_left} are left.</p>
              <button type="button" className="button" onClick={renew}>
                Make new ones
              </button>
            </>
          )}
        </section>
      )}
      <section className="part" aria-labelledby="password">
        <h2 id="password">Password</h2>
        <SmallForm
          fields={[
            current,
            { ...secret, name: 'next', label: 'New password', autoComplete: 'new-password', minLength: 12 },
          ]}
          action="Change the password"
          submit={changePassword}
        />
      </section>
    </>
  )
}

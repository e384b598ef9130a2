import { useEffect, useEffectEvent, useState } from 'react'
import { ask } from '../ask.ts'
import type { Refusal } from '../rest.ts'
import { RecoveryCodes } from './recovery-codes.tsx'
import { codeField, SmallForm } from './small-form.tsx'

type Props = {
  /** Of a sign-in that asks for a factor first. */
  challenge?: string
  refused(refusal: Refusal): void
  done(): void
}

/** An authenticator: its secret, its first code, and the codes for when it is lost. */
export function SetUpTotp({ challenge, refused, done }: Props) {
  const [started, setStarted] = useState<{ secret: string; url: string } | null>(null)
  const [codes, setCodes] = useState<string[] | null>(null)
  const given = challenge ? { challenge } : {}
  const start = useEffectEvent(async () => {
    const { data, refusal } = await ask<{ secret: string; url: string }>('POST', '/auth/totp', given)
    if (refusal) refused(refusal)
    else setStarted(data)
  })
  useEffect(() => void start(), [])
  const confirm = async ({ code }: Record<string, string>) => {
    const path = '/auth/totp/confirm'
    const { data, refusal } = await ask<{ recoveryCodes: string[] | null }>('POST', path, { ...given, code })
    if (refusal) return refusal.message
    if (data.recoveryCodes) setCodes(data.recoveryCodes)
    else done()
    return null
  }
  if (codes) return <RecoveryCodes codes={codes} done={done} />
  if (!started) return null
  return (
    <>
      <p>
        Add this key to an app that shows codes, or <a href={started.url}>open it in the app</a> on this
        device. Then give the code that it shows.
      </p>
      <p>
        <code className="secret">{started.secret.match(/.{4}/g)?.join(' ')}</code>
      </p>
      <SmallForm fields={[codeField('Code that it shows')]} action="Confirm" submit={confirm} />
    </>
  )
}

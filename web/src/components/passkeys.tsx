import { ask } from '../ask.ts'
import { makePasskey } from '../passkeys.ts'
import type { Refusal } from '../rest.ts'
import { SmallForm } from './small-form.tsx'
import { Time } from './time.tsx'
import { say } from './toasts.tsx'

export type Passkey = { id: string; name: string; backed_up: boolean; last_used_at: string | null }
type Props = {
  passkeys: Passkey[]
  /** Says in words what was refused. */
  refused(refusal: Refusal): string
  changed(): Promise<void>
  shown(recoveryCodes: string[]): void
}

/** The keys that one's devices keep. */
export function Passkeys({ passkeys, refused, changed, shown }: Props) {
  const add = async ({ name }: Record<string, string>) => {
    const path = '/auth/passkeys/registration'
    const options = await ask('POST', path, {})
    if (options.refusal) return refused(options.refusal)
    const { passkey, message } = await makePasskey(options.data)
    if (!passkey) return message
    const made = await ask<{ recoveryCodes: string[] | null }>('POST', `${path}/complete`, { name, passkey })
    if (made.refusal) return refused(made.refusal)
    if (made.data.recoveryCodes) shown(made.data.recoveryCodes)
    await changed()
    return null
  }
  const remove = async ({ id }: Passkey) => {
    const { refusal } = await ask('DELETE', `/auth/passkeys/${id}`)
    if (refusal) say('failure', refused(refusal))
    await changed()
  }
  return (
    <section className="part" aria-labelledby="passkeys">
      <h2 id="passkeys">Passkeys</h2>
      <p>Your device, or a key that you carry, signs you in without a password.</p>
      {passkeys.length > 0 && (
        <ul className="keys">
          {passkeys.map((passkey) => (
            <li key={passkey.id}>
              <span>{passkey.name}</span>
              <span className="sub">
                Last used: <Time at={passkey.last_used_at} />
              </span>
              <button
                type="button"
                className="button small"
                aria-label={`Remove ${passkey.name}`}
                onClick={() => remove(passkey)}
              >
                Remove
              </button>
            </li>
          ))}
        </ul>
      )}
      <SmallForm
        fields={[{ name: 'name', label: 'Name of a new passkey', maxLength: 100, autoComplete: 'off' }]}
        action="Add a passkey"
        submit={add}
      />
    </section>
  )
}

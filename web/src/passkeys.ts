import { startAuthentication, startRegistration } from '@simplewebauthn/browser'
import { ask } from './ask.ts'

type Answered = { passkey: unknown; message: string }

const none = (message: string): Answered => ({ passkey: null, message })
const left = 'No passkey was used. You may try again.'

/** Asks the devices of whoever sits here for a passkey that answers what `path` asks; says why there is none. */
export async function presentPasskey(path: string, body: object): Promise<Answered> {
  const { data, refusal } = await ask('POST', path, body)
  if (refusal) return none(refusal.message)
  const passkey = await startAuthentication({ optionsJSON: data as never }).catch(() => null)
  return passkey ? { passkey, message: '' } : none(left)
}

/** The same for a new one. */
export async function makePasskey(options: unknown): Promise<Answered> {
  const passkey = await startRegistration({ optionsJSON: options as never }).catch(() => null)
  return passkey
    ? { passkey, message: '' }
    : none('No passkey was made. It may be that this device has one already.')
}

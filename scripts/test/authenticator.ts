/** A device that keeps passkeys, as WebAuthn describes it: enough of one to answer, and to answer wrongly. */
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'

const url = (bytes: Uint8Array | string) => Buffer.from(bytes).toString('base64url')
const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest()

/** CBOR of what COSE keys and attestations are made of. */
function cbor(value: unknown): Buffer {
  const head = (major: number, size: number) => {
    if (size < 24) return Buffer.from([(major << 5) | size])
    if (size < 256) return Buffer.from([(major << 5) | 24, size])
    return Buffer.from([(major << 5) | 25, size >> 8, size & 255])
  }
  if (typeof value === 'number') return value >= 0 ? head(0, value) : head(1, -1 - value)
  if (typeof value === 'string') return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)])
  if (value instanceof Uint8Array) return Buffer.concat([head(2, value.length), value])
  if (Array.isArray(value)) return Buffer.concat([head(4, value.length), ...value.map(cbor)])
  const entries = [...(value as Map<unknown, unknown>)]
  return Buffer.concat([head(5, entries.length), ...entries.flatMap(([key, of]) => [cbor(key), cbor(of)])])
}

const flags = { present: 0x01, verified: 0x04, eligible: 0x08, backedUp: 0x10, attested: 0x40 }

export type Key = { id: string; handle: string; privateKey: KeyObject; cose: Buffer; counter: number }
/** What an answer has other than it should. */
export type Wrong = {
  challenge?: string
  origin?: string
  type?: string
  crossOrigin?: boolean
  rpId?: string
  flags?: number
  counter?: number
  handle?: string | null
  id?: string
  signWith?: KeyObject
  format?: string
  statement?: Map<unknown, unknown>
}
type Options = { challenge: string; rp?: { id: string }; rpId?: string; user?: { id: string } }

/** @param origin of the page that it answers */
export function openAuthenticator(origin: string) {
  const rpId = new URL(origin).hostname
  const clientData = (type: string, options: Options, wrong: Wrong) =>
    Buffer.from(
      JSON.stringify({
        type: wrong.type ?? type,
        challenge: wrong.challenge ?? options.challenge,
        origin: wrong.origin ?? origin,
        crossOrigin: wrong.crossOrigin ?? false,
      }),
    )
  const authData = (wrong: Wrong, counter: number, more: Buffer = Buffer.alloc(0), also = 0) => {
    const count = Buffer.alloc(4)
    count.writeUInt32BE(wrong.counter ?? counter)
    const set = Buffer.from([(wrong.flags ?? flags.present | flags.verified) | also])
    return Buffer.concat([sha256(wrong.rpId ?? rpId), set, count, more])
  }
  const answer = (id: string, response: object) => ({
    id,
    rawId: id,
    type: 'public-key',
    clientExtensionResults: {},
    authenticatorAttachment: 'platform',
    response,
  })
  return {
    /** Makes a passkey, and what a browser sends of it. */
    register(options: Options, wrong: Wrong = {}): { key: Key; response: ReturnType<typeof answer> } {
      const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      const { x, y } = publicKey.export({ format: 'jwk' })
      const cose = cbor(
        new Map<number, unknown>([
          [1, 2],
          [3, -7],
          [-1, 1],
          [-2, Buffer.from(x!, 'base64url')],
          [-3, Buffer.from(y!, 'base64url')],
        ]),
      )
      const credential = randomBytes(32)
      const attested = Buffer.concat([
        Buffer.alloc(16),
        Buffer.from([0, credential.length]),
        credential,
        cose,
      ])
      const object = cbor(
        new Map<string, unknown>([
          ['fmt', wrong.format ?? 'none'],
          ['attStmt', wrong.statement ?? new Map()],
          ['authData', authData(wrong, 0, attested, flags.attested)],
        ]),
      )
      const id = url(credential)
      return {
        key: { id, handle: options.user?.id ?? '', privateKey, cose, counter: 0 },
        response: answer(wrong.id ?? id, {
          clientDataJSON: url(clientData('webauthn.create', options, wrong)),
          attestationObject: url(object),
          transports: ['internal'],
        }),
      }
    },
    /** Uses a passkey; its counter rises, unless it is said what to. */
    use(key: Key, options: Options, wrong: Wrong = {}) {
      if (wrong.counter === undefined) key.counter += 1
      const data = authData(wrong, key.counter)
      const client = clientData('webauthn.get', options, wrong)
      const signature = sign(
        'sha256',
        Buffer.concat([data, sha256(client)]),
        wrong.signWith ?? key.privateKey,
      )
      const handle = wrong.handle === undefined ? key.handle : wrong.handle
      return answer(wrong.id ?? key.id, {
        clientDataJSON: url(client),
        authenticatorData: url(data),
        signature: url(signature),
        ...(handle !== null && { userHandle: handle }),
      })
    },
  }
}

import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

/** Where a sealed value lies. It opens nowhere else. */
export type Place = { organizationId: string; table: string; column: string; row: string }

/** A value that is not what was sealed for this place. */
export class Unsealable extends Error {
  override name = 'Unsealable'
}

const algorithm = 'aes-256-gcm'
// NIST SP 800-38D, 8.2.2: a random nonce of 96 bits, the whole tag of 128.
const sizes = { nonce: 12, tag: 16 }
const form = 'nx1'
const longestText = 1024 * 1024

/** Each part with its length before it: no two lists of parts give the same bytes. */
export function framed(parts: readonly string[]): Buffer {
  return Buffer.concat(
    parts.flatMap((part) => {
      const bytes = Buffer.from(part)
      const length = Buffer.alloc(4)
      length.writeUInt32BE(bytes.length)
      return [length, bytes]
    }),
  )
}

const bindingOf = ({ organizationId, table, column, row }: Place, version: number): Buffer =>
  framed([form, organizationId, table, column, row, String(version)])

/** AES-256-GCM: the nonce, the ciphertext and its tag. */
export function encrypt(key: Buffer, plain: Buffer, binding: Buffer): { nonce: Buffer; sealed: Buffer } {
  const nonce = randomBytes(sizes.nonce)
  const cipher = createCipheriv(algorithm, key, nonce, { authTagLength: sizes.tag }).setAAD(binding)
  return { nonce, sealed: Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]) }
}

/** Throws Unsealable for whatever was not encrypted by this key for this binding. */
export function decrypt(key: Buffer, nonce: Buffer, sealed: Buffer, binding: Buffer): Buffer {
  if (nonce.length !== sizes.nonce || sealed.length < sizes.tag) throw new Unsealable('It has not its length')
  const decipher = createDecipheriv(algorithm, key, nonce, { authTagLength: sizes.tag })
  decipher.setAAD(binding).setAuthTag(sealed.subarray(-sizes.tag))
  try {
    return Buffer.concat([decipher.update(sealed.subarray(0, -sizes.tag)), decipher.final()])
  } catch {
    throw new Unsealable('It was not sealed for this place, or is not as it was')
  }
}

/** A text for one place: `nx1.<version of the key>.<nonce>.<ciphertext and tag>`. Throws over 1 MiB. */
export function sealText(key: Buffer, version: number, place: Place, text: string): string {
  const plain = Buffer.from(text)
  if (plain.length > longestText) throw new Error('The text is too long to be sealed')
  const { nonce, sealed } = encrypt(key, plain, bindingOf(place, version))
  return [form, version, nonce.toString('base64url'), sealed.toString('base64url')].join('.')
}

/** Base64 may write the same bytes in several ways; one of them counts. Throws Unsealable. */
export function bytesOf(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64url')
  if (bytes.toString('base64url') !== text) throw new Unsealable('It is not in the form of a sealed value')
  return bytes
}

type Read = { version: number; nonce: Buffer; sealed: Buffer }

/** Throws Unsealable for what has not the form. */
export function readSealed(text: string): Read {
  const [given, version = '', nonce = '', sealed = '', ...rest] = text.split('.')
  if (given !== form || rest.length > 0 || !/^[1-9]\d{0,8}$/.test(version))
    throw new Unsealable('It is not in the form of a sealed value')
  return { version: Number(version), nonce: bytesOf(nonce), sealed: bytesOf(sealed) }
}

/** The text that was sealed for this place by this key. Throws Unsealable. */
export function openText(key: Buffer, place: Place, { version, nonce, sealed }: Read): string {
  return decrypt(key, nonce, sealed, bindingOf(place, version)).toString()
}

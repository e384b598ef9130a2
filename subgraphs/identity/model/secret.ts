import { createHash, randomBytes } from 'node:crypto'

/** 256 random bits: nobody guesses them, so that a plain hash is enough to keep them by. */
export const newSecret = (): string => randomBytes(32).toString('base64url')

export const isSecret = (text: string): boolean => /^[\w-]{43}$/.test(text)

export const hashOf = (secret: string): Buffer => createHash('sha256').update(secret).digest()

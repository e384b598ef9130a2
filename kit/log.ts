import { type Logger, pino } from 'pino'

export type Log = Logger

const redact = [
  'password',
  'token',
  'secret',
  'authorization',
  'cookie',
  'refreshToken',
  'passwordToken',
  'key',
  '*.password',
  '*.token',
  '*.secret',
  '*.authorization',
  '*.cookie',
  'req.headers.authorization',
  'req.headers.cookie',
  'req.headers["x-api-key"]',
]

/** The one logger: JSON lines on standard error, secrets redacted. `level` is a pino level or `silent`. */
export function createLog(name: string, level: string): Log {
  return pino({ name, level, redact: { paths: redact, censor: '[redacted]' } }, pino.destination(2))
}

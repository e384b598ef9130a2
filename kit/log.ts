import { type Logger, pino } from 'pino'
import { redactLine } from './redaction.ts'

export type Log = Logger

/**
 * The one logger: JSON lines on standard error, or in a file, without secrets and people's data. `level` is a pino
 * level or `silent`.
 * @param to the path of a file that lines are added to
 */
export function createLog(name: string, level: string, to?: string): Log {
  const destination = to === undefined ? pino.destination(2) : pino.destination({ dest: to, sync: true })
  return pino({ name, level, hooks: { streamWrite: redactLine } }, destination)
}

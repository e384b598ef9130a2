import { z } from 'zod'
import { invalid, NexusError } from '#kit/errors.ts'

const visible = /^[^\p{Cc}\p{Zl}\p{Zp}]+$/u

/** Reads one field against a shape. Throws VALIDATION_ERROR that names the field. */
const field =
  <Value>(name: string, shape: z.ZodType<Value>) =>
  (value: unknown): Value => {
    const { success, data, error } = shape.safeParse(value)
    if (success) return data
    throw invalid(name, error.issues[0]!.message)
  }

/** What people write of themselves and their organizations, in the form that is kept. */
export const changed = {
  name: field(
    'name',
    z
      .string()
      .trim()
      .min(1, 'Must be given')
      .max(255, 'At most 255 characters')
      .regex(visible, 'May not contain control characters'),
  ),
  email: field(
    'email',
    z.string().trim().toLowerCase().pipe(z.email('Invalid email format').max(255, 'At most 255 characters')),
  ),
  password: field(
    'password',
    z.string().min(12, 'At least 12 characters').max(1_000, 'At most 1000 characters'),
  ),
}

/** Throws CONFLICT when somebody has changed a row since the caller read it. */
export function unchangedSince(row: { version: number }, expected: number | null | undefined): void {
  if (expected === undefined || expected === null || expected === row.version) return
  throw new NexusError('CONFLICT', 'It has changed meanwhile; read it again', [
    { field: 'expectedVersion', message: `The version is ${row.version}` },
  ])
}

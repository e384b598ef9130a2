import { NexusError } from '#kit/errors.ts'

/** Why a request of SCIM is refused: RFC 7644, 3.12. */
export type ScimType =
  | 'invalidFilter'
  | 'invalidPath'
  | 'invalidSyntax'
  | 'invalidValue'
  | 'noTarget'
  | 'tooMany'
  | 'uniqueness'

/** CONFLICT for what is there already, else VALIDATION_ERROR; the details tell SCIM's own name of it. */
export const scimRefusal = (type: ScimType, message: string): NexusError =>
  new NexusError(type === 'uniqueness' ? 'CONFLICT' : 'VALIDATION_ERROR', message, [
    { field: 'scimType', message: type },
  ])

import type { Jobs } from '#kit/job.ts'
import * as rekey from './model/rekey.ts'
import type { Tables } from './tables.ts'

/** Seconds. */
const deadline = 3_600

export const jobs: Jobs<Tables> = {
  'reseal-values': { deadline, permission: 'organization:write', run: rekey.reseal },
}

import { bulkJobs } from '#kit/bulk/course.ts'
import type { Jobs } from '#kit/job.ts'
import { bulk } from './model/bulk.ts'
import type { Tables } from './tables.ts'

export const jobs: Jobs<Tables> = bulkJobs(bulk)

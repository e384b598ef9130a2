import type { Migrations } from '#kit/migration.ts'
import * as init from './0001-init.ts'
import * as operations from './0002-operations.ts'
import * as sealing from './0003-sealing.ts'
import * as credentials from './0004-credentials.ts'
import * as runsAsJobs from './0005-runs-as-jobs.ts'
import * as metrics from './0020-metrics.ts'

export const migrations: Migrations = {
  '0001-init': init,
  '0002-operations': operations,
  '0003-sealing': sealing,
  '0004-credentials': credentials,
  '0005-runs-as-jobs': runsAsJobs,
  '0020-metrics': metrics,
}

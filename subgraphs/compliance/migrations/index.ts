import type { Migrations } from '#kit/migration.ts'
import * as init from './0001-init.ts'
import * as checks from './0002-checks.ts'
import * as reports from './0003-reports.ts'
import * as ingest from './0004-ingest.ts'
import * as checkRuns from './0005-check-runs.ts'
import * as past from './0010-past.ts'

export const migrations: Migrations = {
  '0001-init': init,
  '0002-checks': checks,
  '0003-reports': reports,
  '0004-ingest': ingest,
  '0005-check-runs': checkRuns,
  '0010-past': past,
}

import type { Migrations } from '#kit/migration.ts'
import * as init from './0001-init.ts'
import * as ingest from './0002-ingest.ts'
import * as search from './0003-search.ts'
import * as scans from './0010-scans.ts'
import * as metrics from './0020-metrics.ts'

export const migrations: Migrations = {
  '0001-init': init,
  '0002-ingest': ingest,
  '0003-search': search,
  '0010-scans': scans,
  '0020-metrics': metrics,
}

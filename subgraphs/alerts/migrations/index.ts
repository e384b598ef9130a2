import type { Migrations } from '#kit/migration.ts'
import * as init from './0001-init.ts'
import * as ingest from './0002-ingest.ts'
import * as search from './0003-search.ts'
import * as lifecycle from './0004-lifecycle.ts'
import * as history from './0005-history.ts'
import * as timeline from './0006-timeline.ts'
import * as ingestAgain from './0007-ingest-again.ts'
import * as metrics from './0020-metrics.ts'
import * as bulk from './0021-bulk.ts'
import * as due from './0022-due.ts'
import * as facts from './0023-facts.ts'
import * as ingestNoted from './0024-ingest-noted.ts'
import * as covering from './0025-covering.ts'
import * as told from './0040-told.ts'

export const migrations: Migrations = {
  '0001-init': init,
  '0002-ingest': ingest,
  '0003-search': search,
  '0004-lifecycle': lifecycle,
  '0005-history': history,
  '0006-timeline': timeline,
  '0007-ingest-again': ingestAgain,
  '0020-metrics': metrics,
  '0021-bulk': bulk,
  '0022-due': due,
  '0023-facts': facts,
  '0024-ingest-noted': ingestNoted,
  '0025-covering': covering,
  '0040-told': told,
}

import type { Migrations } from '#kit/migration.ts'
import * as init from './0001-init.ts'
import * as ingest from './0002-ingest.ts'
import * as tags from './0003-tags.ts'
import * as search from './0004-search.ts'
import * as care from './0005-care.ts'
import * as identity from './0006-identity.ts'
import * as history from './0007-history.ts'
import * as rules from './0008-rules.ts'
import * as bulk from './0020-bulk.ts'
import * as facts from './0021-facts.ts'

export const migrations: Migrations = {
  '0001-init': init,
  '0002-ingest': ingest,
  '0003-tags': tags,
  '0004-search': search,
  '0005-care': care,
  '0006-identity': identity,
  '0007-history': history,
  '0008-rules': rules,
  '0020-bulk': bulk,
  '0021-facts': facts,
}

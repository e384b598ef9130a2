import type { Migrations } from '#kit/migration.ts'
import * as init from './0001-init.ts'
import * as ingest from './0002-ingest.ts'

export const migrations: Migrations = { '0001-init': init, '0002-ingest': ingest }

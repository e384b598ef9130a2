import type { Migrations } from '#kit/migration.ts'
import * as init from './0001-init.ts'
import * as tags from './0002-tags.ts'

export const migrations: Migrations = { '0001-init': init, '0002-tags': tags }

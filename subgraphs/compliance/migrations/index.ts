import type { Migrations } from '#kit/migration.ts'
import * as init from './0001-init.ts'

export const migrations: Migrations = { '0001-init': init }

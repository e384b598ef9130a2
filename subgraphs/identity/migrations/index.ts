import type { Migrations } from '#kit/migration.ts'
import * as init from './0001-init.ts'
import * as sessions from './0002-sessions.ts'
import * as members from './0003-members.ts'
import * as apiKeys from './0004-api-keys.ts'
import * as knownPlaces from './0005-known-places.ts'
import * as access from './0006-access.ts'
import * as factors from './0007-factors.ts'
import * as sso from './0008-sso.ts'
import * as sealing from './0009-sealing.ts'
import * as search from './0010-search.ts'
import * as operations from './0011-operations.ts'
import * as people from './0012-people.ts'
import * as audit from './0013-audit.ts'
import * as origins from './0014-origins.ts'
import * as resets from './0015-resets.ts'

export const migrations: Migrations = {
  '0001-init': init,
  '0002-sessions': sessions,
  '0003-members': members,
  '0004-api-keys': apiKeys,
  '0005-known-places': knownPlaces,
  '0006-access': access,
  '0007-factors': factors,
  '0008-sso': sso,
  '0009-sealing': sealing,
  '0010-search': search,
  '0011-operations': operations,
  '0012-people': people,
  '0013-audit': audit,
  '0014-origins': origins,
  '0015-resets': resets,
}

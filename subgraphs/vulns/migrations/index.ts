import type { Migrations } from '#kit/migration.ts'
import * as init from './0001-init.ts'
import * as ingest from './0002-ingest.ts'
import * as search from './0003-search.ts'
import * as triage from './0004-triage.ts'
import * as intel from './0005-intel.ts'
import * as judgement from './0006-judgement.ts'
import * as acceptances from './0007-acceptances.ts'
import * as news from './0008-news.ts'
import * as scans from './0010-scans.ts'
import * as metrics from './0020-metrics.ts'
import * as history from './0021-history.ts'
import * as aliases from './0022-aliases.ts'
import * as vex from './0025-vex.ts'
import * as due from './0026-due.ts'
import * as judging from './0028-judging.ts'
import * as historyJoin from './0029-history-join.ts'
import * as bulk from './0030-bulk.ts'
import * as facts from './0031-facts.ts'
import * as covering from './0033-covering.ts'
import * as unmerged from './0034-unmerged.ts'
import * as judged from './0035-judged.ts'
import * as oneByCve from './0036-one-by-cve.ts'
import * as namesApart from './0040-names-apart.ts'
import * as told from './0041-told.ts'
import * as keys from './0042-keys.ts'
import * as texts from './0043-texts.ts'
import * as byAsset from './0044-by-asset.ts'

export const migrations: Migrations = {
  '0001-init': init,
  '0002-ingest': ingest,
  '0003-search': search,
  '0004-triage': triage,
  '0005-intel': intel,
  '0006-judgement': judgement,
  '0007-acceptances': acceptances,
  '0008-news': news,
  '0010-scans': scans,
  '0020-metrics': metrics,
  '0021-history': history,
  '0022-aliases': aliases,
  '0025-vex': vex,
  '0026-due': due,
  '0028-judging': judging,
  '0029-history-join': historyJoin,
  '0030-bulk': bulk,
  '0031-facts': facts,
  '0033-covering': covering,
  '0034-unmerged': unmerged,
  '0035-judged': judged,
  '0036-one-by-cve': oneByCve,
  '0040-names-apart': namesApart,
  '0041-told': told,
  '0042-keys': keys,
  '0043-texts': texts,
  '0044-by-asset': byAsset,
}

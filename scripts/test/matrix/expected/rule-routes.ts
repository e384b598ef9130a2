/** The routes of rules, and of what is in doubt. */
import { analysts, managers, type Row } from '../words.ts'
import { read } from './reading.ts'

export const ruleRoutes: Record<string, Row> = {
  'PUT /asset-groups/:id/rule': {
    may: managers,
    key: 'assets:write',
    ask: '$assetGroup',
    body: { rule: { tag: ['team:matrix'] } },
  },
  'GET /assets/proposals': read('assets'),
  'GET /assets/conflicts': read('assets'),
  'POST /assets/proposals/:id/accept': { may: managers, key: 'assets:write', ask: '$asset', body: {} },
  'POST /assets/proposals/:id/dismiss': { may: managers, key: 'assets:write', ask: '$asset', body: {} },
  'POST /assets/conflicts/:id/dismiss': { may: managers, key: 'assets:write', ask: '$asset', body: {} },
  'GET /suppression-rules': read('alerts'),
  'GET /suppression-rules/:id': { ...read('alerts'), ask: '$suppressionRule' },
  'POST /suppression-rules/preview': { ...read('alerts'), body: { filter: { source: ['falco'] } } },
  'POST /suppression-rules': {
    ...{ may: analysts, key: 'alerts:write' },
    body: { name: 'r', reason: 'r', expires_at: '$tomorrow', filter: { source: ['nobody'] } },
  },
  'DELETE /suppression-rules/:id': { may: analysts, key: 'alerts:write', ask: '$suppressionRule' },
  'GET /recurrence-rules': read('alerts'),
  'POST /recurrence-rules/preview': {
    ...read('alerts'),
    body: { source: 'nobody', rule_id: 'none', window_hours: 1, grouping_fields: [] },
  },
  'POST /recurrence-rules': {
    ...{ may: analysts, key: 'alerts:write' },
    body: { source: 'nobody', rule_id: 'none', window_hours: 1, grouping_fields: [], expected_groups: 0 },
  },
  'DELETE /recurrence-rules/:id': { may: analysts, key: 'alerts:write', ask: '$recurrenceRule' },
}

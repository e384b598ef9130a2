import type { PersonalTable } from '#kit/people.ts'

/** What is kept of people here. */
export const people: readonly PersonalTable[] = [
  {
    table: 'vulns.bulk_batches',
    person: ['requested_by', 'undone_by'],
    shows: ['id', 'note', 'matched', 'changed', 'requested_by', 'created_at', 'undone_by', 'undone_at'],
  },
  {
    table: 'vulns.vulnerabilities',
    person: ['assignee_id', 'status_by', 'override_by'],
    shows: [
      'id',
      'title',
      'status',
      'status_reason',
      'assignee_id',
      'status_by',
      'override_by',
      'override_reason',
    ],
  },
  {
    table: 'vulns.vulnerability_history',
    person: ['changed_by'],
    shows: ['vulnerability_id', 'at', 'kind', 'from_status', 'status', 'note', 'changed_by'],
  },
  {
    table: 'vulns.risk_acceptances',
    person: ['requested_by', 'approved_by', 'decided_by'],
    shows: [
      'id',
      'reason',
      'status',
      'requested_by',
      'approved_by',
      'decided_by',
      'decision_reason',
      'created_at',
    ],
  },
  {
    table: 'vulns.name_splits',
    person: ['split_by'],
    shows: ['alias', 'other', 'reason', 'split_by', 'split_at'],
  },
  {
    table: 'vulns.sla_policies',
    person: ['created_by'],
    shows: ['version', 'created_by', 'created_at'],
  },
]

import type { PersonalTable } from '#kit/people.ts'

/** What is kept of people here. */
export const people: readonly PersonalTable[] = [
  {
    table: 'alerts.bulk_batches',
    person: ['requested_by', 'undone_by'],
    shows: ['id', 'note', 'matched', 'changed', 'requested_by', 'created_at', 'undone_by', 'undone_at'],
  },
  {
    table: 'alerts.alerts',
    person: ['assignee_id', 'acknowledged_by', 'resolved_by', 'updated_by'],
    shows: [
      ...['id', 'title', 'status', 'assignee_id', 'acknowledged_by', 'resolved_by', 'resolution_note'],
      ...['updated_by', 'created_at', 'updated_at'],
    ],
  },
  {
    table: 'alerts.alert_history',
    person: ['changed_by', 'assignee_id', 'from_assignee_id'],
    shows: ['alert_id', 'at', 'status', 'assignee_id', 'from_assignee_id', 'changed_by', 'note'],
  },
  {
    table: 'alerts.comments',
    person: ['author_id', 'removed_by'],
    shows: ['id', 'alert_id', 'author_id', 'body', 'created_at', 'edited_at', 'removed_at', 'removed_by'],
  },
  {
    table: 'alerts.incidents',
    person: ['assignee_id', 'created_by'],
    shows: ['id', 'title', 'status', 'assignee_id', 'created_by', 'created_at'],
  },
  {
    table: 'alerts.suppression_rules',
    person: ['created_by', 'ended_by'],
    shows: ['id', 'name', 'reason', 'created_by', 'ended_by', 'created_at', 'ended_at'],
  },
  {
    table: 'alerts.recurrence_rules',
    person: ['created_by', 'ended_by'],
    shows: ['id', 'source', 'rule_id', 'created_by', 'ended_by', 'created_at', 'ended_at'],
  },
]

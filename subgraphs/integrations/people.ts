import type { PersonalTable } from '#kit/people.ts'

/** What is kept of people here. */
export const people: readonly PersonalTable[] = [
  {
    table: 'integrations.import_runs',
    person: ['requested_by'],
    shows: ['id', 'format', 'file_name', 'asset_name', 'requested_by', 'created_at'],
  },
  {
    table: 'integrations.saved_metrics',
    person: ['created_by'],
    shows: ['id', 'name', 'metric', 'created_by', 'created_at', 'removed_at'],
  },
  {
    table: 'operations.operations',
    person: ['requested_by'],
    shows: ['id', 'kind', 'status', 'requested_by', 'created_at', 'finished_at'],
  },
]

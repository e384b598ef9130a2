import type { PersonalTable } from '#kit/people.ts'

/** What is kept of people here. */
export const people: readonly PersonalTable[] = [
  {
    table: 'alerts.alerts',
    person: ['assignee_id'],
    shows: ['id', 'title', 'status', 'assignee_id', 'created_at', 'updated_at'],
  },
]

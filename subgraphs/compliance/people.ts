import type { PersonalTable } from '#kit/people.ts'

/** What is kept of people here. */
export const people: readonly PersonalTable[] = [
  {
    table: 'compliance.reports',
    person: ['requested_by'],
    shows: ['id', 'list', 'format', 'filter', 'requested_by', 'created_at'],
  },
]

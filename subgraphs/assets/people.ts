import type { PersonalTable } from '#kit/people.ts'

/** What is kept of people here. */
export const people: readonly PersonalTable[] = [
  {
    table: 'assets.assets',
    person: ['owner_user_id'],
    shows: ['id', 'name', 'owner_user_id', 'created_at', 'updated_at'],
  },
]

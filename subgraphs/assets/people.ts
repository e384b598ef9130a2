import type { PersonalTable } from '#kit/people.ts'

/** What is kept of people here. */
export const people: readonly PersonalTable[] = [
  {
    table: 'assets.bulk_batches',
    person: ['requested_by', 'undone_by'],
    shows: ['id', 'note', 'matched', 'changed', 'requested_by', 'created_at', 'undone_by', 'undone_at'],
  },
  {
    table: 'assets.assets',
    person: ['owner_user_id'],
    shows: ['id', 'name', 'owner_user_id', 'created_at', 'updated_at'],
  },
  {
    table: 'assets.asset_merges',
    person: ['merged_by', 'split_by'],
    shows: ['id', 'survivor_id', 'merged_id', 'merged_by', 'merged_at', 'split_by', 'split_at'],
  },
  {
    table: 'assets.asset_proposals',
    person: ['decided_by'],
    shows: ['id', 'asset_id', 'other_id', 'state', 'decided_by', 'decided_at'],
  },
  {
    table: 'assets.asset_conflicts',
    person: ['dismissed_by'],
    shows: ['id', 'asset_id', 'reason', 'dismissed_by', 'dismissed_at'],
  },
]

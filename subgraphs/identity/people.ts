import { sql } from 'kysely'
import type { PersonalTable } from '#kit/people.ts'

/** What is kept of people here. */
export const people: readonly PersonalTable[] = [
  {
    table: 'identity.users',
    person: ['id'],
    shows: ['id', 'email', 'name', 'role', 'settings', 'last_login_at', 'disabled_at', 'created_at'],
    erased: {
      email: sql`'erased-' || id || '@erased.invalid'`,
      name: sql`null`,
      settings: sql`'{}'`,
      last_login_at: sql`null`,
    },
  },
  {
    table: 'identity.sessions',
    person: ['user_id'],
    shows: ['id', 'user_id', 'ip', 'user_agent', 'created_at', 'last_used_at', 'ended_at', 'end_reason'],
    erased: { ip: sql`null`, user_agent: sql`null` },
  },
  {
    table: 'identity.api_keys',
    person: ['created_by'],
    shows: ['id', 'name', 'hint', 'scopes', 'allowed_ips', 'created_by', 'created_at', 'last_used_at'],
    erased: { name: sql`'Erased'`, allowed_ips: sql`'{}'`, revoked_at: sql`coalesce(revoked_at, now())` },
  },
  {
    table: 'identity.team_members',
    person: ['user_id'],
    shows: ['team_id', 'user_id', 'added_at', 'removed_at'],
    erased: { removed_at: sql`coalesce(removed_at, now())` },
  },
  {
    table: 'identity.grants',
    person: ['user_id', 'granted_by'],
    shows: ['id', 'user_id', 'role', 'tag', 'asset_group_id', 'granted_by', 'created_at', 'revoked_at'],
  },
  {
    table: 'identity.invitations',
    person: ['email'],
    by: 'email',
    shows: ['id', 'email', 'role', 'created_at', 'accepted_at', 'revoked_at'],
    erased: {
      email: sql`'erased-' || id || '@erased.invalid'`,
      revoked_at: sql`case when accepted_at is null then coalesce(revoked_at, now()) end`,
    },
  },
  {
    table: 'identity.invitations',
    person: ['invited_by', 'accepted_by'],
    shows: ['id', 'role', 'invited_by', 'accepted_by', 'created_at', 'accepted_at', 'revoked_at'],
  },
  {
    table: 'identity.sso_identities',
    person: ['user_id'],
    shows: ['issuer', 'subject', 'user_id', 'created_at', 'last_used_at'],
    erased: { subject: sql`'erased-' || user_id` },
  },
  {
    table: 'identity.sso_connections',
    person: ['break_glass_user_id'],
    shows: ['id', 'issuer', 'break_glass_user_id'],
  },
  {
    table: 'identity.scim_users',
    person: ['user_id'],
    shows: ['user_id', 'user_name', 'external_id', 'attributes', 'removed_at'],
    erased: {
      user_name: sql`'erased-' || user_id`,
      external_id: sql`null`,
      attributes: sql`'{}'`,
      removed_at: sql`coalesce(removed_at, now())`,
    },
  },
  {
    table: 'identity.scim_group_members',
    person: ['user_id'],
    shows: ['group_id', 'user_id', 'removed_at'],
    erased: { removed_at: sql`coalesce(removed_at, now())` },
  },
  {
    table: 'journal.entries',
    person: ['actor_id'],
    shows: ['id', 'at', 'actor_id', 'operation', 'outcome', 'code', 'subject_type', 'subject_id'],
  },
  {
    // Its values go by the journal's own way, which keeps the rest provable.
    table: 'journal.personal',
    person: ['person'],
    shows: ['entry_id', 'person', 'contents'],
  },
]

/** The other subgraphs that keep something of people. */
export const peopleElsewhere: readonly string[] = ['alerts', 'assets', 'compliance', 'integrations', 'vulns']

import { type RawBuilder, sql } from 'kysely'

/**
 * Whether a row of `users` may be in by a connection, or, where that is null, without one. Where single sign-on is
 * the only way in, nobody is but the one admin who is named for the day when the provider does not answer; what a
 * connection has opened ends with it.
 */
export const entersAs = (connectionId: RawBuilder<unknown>) => sql<boolean>`case when ${connectionId} is null
  then not exists (select from identity.sso_connections c where c.organization_id = users.organization_id
    and c.is_enabled and c.is_required and (c.break_glass_user_id <> users.id or users.role <> 'admin'))
  else exists (select from identity.sso_connections c where c.organization_id = users.organization_id
    and c.id = ${connectionId} and c.is_enabled) end`

import type { Generated, Selectable } from 'kysely'
import type { Role } from '#kit/viewer.ts'

type Timestamps = { createdAt: Generated<Date>; updatedAt: Generated<Date> }

export type Tables = {
  organizations: Timestamps & {
    id: string
    name: string
    slug: string
    settings: Generated<Record<string, unknown>>
  }
  users: Timestamps & {
    id: string
    organizationId: string
    accountId: string
    email: string
    name: string | null
    role: Role
    settings: Generated<Record<string, unknown>>
    lastLoginAt: Date | null
  }
}

export type OrganizationRow = Selectable<Tables['organizations']>
export type UserRow = Selectable<Tables['users']>
/** An account as sign-in finds it. */
export type Credentials = { id: string; passwordHash: string }

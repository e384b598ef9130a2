import { type Db, inTenant } from '#kit/database.ts'
import type { Demo } from '#kit/subgraph.ts'
import { roles } from '#kit/viewer.ts'
import * as accounts from './model/account.ts'
import * as organizations from './model/organization.ts'
import * as users from './model/user.ts'
import type { Tables } from './tables.ts'

const people = roles.filter((role) => role !== 'api')

/** Two organizations, each with an admin, a manager, an analyst and a viewer. */
export async function seed(db: Db<Tables>, { organizations: wanted, password }: Demo): Promise<void> {
  for (const { id, name, slug } of wanted) {
    await inTenant(db, { organizationId: id }, (trx) => organizations.add(trx, { id, name, slug }))
    for (const role of people) {
      const email = `${role}@${slug}.example`
      const accountId = await accounts.add(db, email, password)
      const name = `${role[0]!.toUpperCase()}${role.slice(1)} of ${slug}`
      const user = { organizationId: id, accountId, email, name, role }
      await inTenant(db, { organizationId: id }, (trx) => users.add(trx, user))
    }
  }
}

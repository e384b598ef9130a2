/** `nexus admin create`: the first admin of an organization, made at the database by who runs the platform. */
import { resolve } from 'node:path'
import { openDatabase } from '#kit/database.ts'
import { type Environment, openEnvironment } from '#kit/env.ts'
import { NexusError } from '#kit/errors.ts'
import { createLog } from '#kit/log.ts'
import { migrate } from '#kit/migration.ts'
import { createKeys } from '#kit/tokens.ts'
import { identity } from '../subgraphs/identity/index.ts'
import * as firstAdmins from '../subgraphs/identity/model/first-admin.ts'
import type { Tables } from '../subgraphs/identity/tables.ts'
import { Refused } from './nexus-client.ts'
import { openOwn } from './own-database.ts'
import { keptSecret } from './secrets.ts'

const log = createLog('nexus', 'fatal')

async function create(env: Environment, wanted: firstAdmins.FirstAdmin): Promise<firstAdmins.Made> {
  const { passwordOf } = createKeys(env.NEXUS_SECRET ?? keptSecret(env.NEXUS_DATA_DIR, 'secret'))
  const own = await openOwn(env, log)
  try {
    const { name: schema, migrations } = identity
    const { url } = await migrate({ url: own.url, schema, migrations, passwordOf, log })
    const db = openDatabase<Tables>({ url, schema, log, connections: 1 })
    return await firstAdmins.create(db, wanted).finally(() => db.destroy())
  } finally {
    await own.close()
  }
}

/** @param source the environment. Throws Refused. */
export async function createAdmin(
  options: { organization: string; email: string; organizationName?: string; name?: string },
  source: Record<string, string | undefined> = process.env,
): Promise<void> {
  const { env: given } = await openEnvironment(source)
  const env = { ...given, NEXUS_DATA_DIR: resolve(given.NEXUS_DATA_DIR) }
  const { organization: slug, email, organizationName = slug, name = email } = options
  const made = await create(env, { slug, organizationName, email, name }).catch((error: unknown) => {
    if (!(error instanceof NexusError)) throw error
    const details = error.details.map(({ field, message }) => `  ${field}: ${message}`)
    throw new Refused([error.message, ...details].join('\n'))
  })
  console.log(said(slug, made))
}

function said(slug: string, { user, passwordToken, isNew }: firstAdmins.Made): string {
  const head = `Organization   ${slug}${isNew ? ', made now' : ''}\nAdmin          ${user.email}`
  if (!passwordToken) return `${head}\nPassword       the one that this account has`
  return `${head}
Password       is set once, with this token, until ${passwordToken.expiresAt.toISOString()}:
${passwordToken.token}

  curl -s $NEXUS/api/v1/auth/password -H 'content-type: application/json' -d '{"token":"TOKEN","password":"..."}'`
}

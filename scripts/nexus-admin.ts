/** `nexus admin create`: the first admin of an organization, made at the database by who runs the platform. */
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { openDatabase } from '#kit/database.ts'
import { superuserPassword } from '#kit/embedded-data.ts'
import { type Environment, environment, readEnv } from '#kit/env.ts'
import { NexusError } from '#kit/errors.ts'
import { acquireLock, readHouse } from '#kit/lock.ts'
import { createLog } from '#kit/log.ts'
import { migrate } from '#kit/migration.ts'
import { createKeys } from '#kit/tokens.ts'
import { identity } from '../subgraphs/identity/index.ts'
import * as firstAdmins from '../subgraphs/identity/model/first-admin.ts'
import type { Tables } from '../subgraphs/identity/tables.ts'
import { openHouseDatabase } from './database.ts'
import { Refused } from './nexus-client.ts'
import { keptSecret } from './secrets.ts'

const log = createLog('nexus', 'fatal')

/** Where the embedded database of a house that runs answers: its postmaster says so in its own file. */
function urlOfHouse(dataDir: string): string {
  try {
    const [, , , port] = readFileSync(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8').split('\n')
    return `postgres://nexus:${superuserPassword(dataDir)}@127.0.0.1:${port}/nexus`
  } catch {
    throw new Refused('The database of the Nexus that runs here is out of reach: stop it first')
  }
}

/** The database as its owner: the one that the settings name, or the embedded one, which is started if need be. */
async function openOwn(env: Environment): Promise<{ url: string; close(): Promise<void> }> {
  const { NEXUS_DATA_DIR: dataDir, DATABASE_URL: url } = env
  if (url) return { url, close: async () => {} }
  if (readHouse(dataDir)) return { url: urlOfHouse(dataDir), close: async () => {} }
  const lock = acquireLock(dataDir)
  try {
    const database = await openHouseDatabase(env, log, { durable: true })
    return { url: database.url, close: () => database.stop().finally(() => lock.release()) }
  } catch (error) {
    lock.release()
    throw error
  }
}

async function create(env: Environment, wanted: firstAdmins.FirstAdmin): Promise<firstAdmins.Made> {
  const { passwordOf } = createKeys(env.NEXUS_SECRET ?? keptSecret(env.NEXUS_DATA_DIR, 'secret'))
  const own = await openOwn(env)
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
  const given = readEnv(environment, source)
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

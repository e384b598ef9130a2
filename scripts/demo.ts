import type { Environment } from '#kit/env.ts'
import { idOfName } from '#kit/id.ts'
import type { Demo } from '#kit/subgraph.ts'
import { keep, keptSecret } from './secrets.ts'

/** The demo of this house, or null where none was asked for: an external database is never seeded unasked. */
export function demoOf(env: Environment): Demo | null {
  const seed = env.NEXUS_SEED ?? (env.DATABASE_URL ? 'none' : 'demo')
  if (seed === 'none') return null
  const file = 'demo-password'
  const password = env.NEXUS_DEMO_PASSWORD
    ? keep(env.NEXUS_DATA_DIR, file, env.NEXUS_DEMO_PASSWORD)
    : keptSecret(env.NEXUS_DATA_DIR, file)
  const organization = (slug: string, name: string) => ({ id: idOfName('organization', slug), slug, name })
  return {
    password,
    now: new Date(),
    organizations: [organization('acme', 'Acme'), organization('globex', 'Globex')],
    idOf: (slug, noun, name) => idOfName(slug, noun, name),
  }
}

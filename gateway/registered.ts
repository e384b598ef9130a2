import { readFileSync } from 'node:fs'
import type { Environment } from '#kit/env.ts'
import { root } from '#kit/register.ts'
import type { GatewayOptions } from './app.ts'
import type { Registered } from './federation/persisted.ts'

/** The operations of the page and of REST, and whether anybody may ask others. */
export function registeredDocuments({
  NEXUS_DOCUMENTS,
}: Pick<Environment, 'NEXUS_DOCUMENTS'>): GatewayOptions['documents'] {
  const registered = JSON.parse(readFileSync(`${root}schema/operations.json`, 'utf8')) as Registered[]
  return { registered, only: () => NEXUS_DOCUMENTS === 'registered' }
}

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { z } from 'zod'

export const root = fileURLToPath(new URL('..', import.meta.url))

const register = z.object({
  federation_version: z.string(),
  subgraphs: z.record(
    z.string().regex(/^[a-z]+$/),
    z.object({ routing_url: z.url(), schema: z.object({ file: z.string() }) }),
  ),
})

/** A subgraph as `rover.yaml` names it: `url` is where it serves, `sdl` its file from the project's root. */
export type Registered = { name: string; url: string; sdl: string }

/** The one list of subgraphs. `NEXUS_<NAME>_URL` in the environment moves one. */
export function readRegister(env: Record<string, string | undefined> = process.env): Registered[] {
  const { subgraphs } = register.parse(parse(readFileSync(`${root}rover.yaml`, 'utf8')))
  return Object.entries(subgraphs).map(([name, { routing_url, schema }]) => ({
    name,
    url: env[`NEXUS_${name.toUpperCase()}_URL`] || routing_url,
    sdl: schema.file,
  }))
}

/** Where a request comes from, as the gateway saw it: subgraphs are told beside the internal token. */
import { z } from 'zod'

const shape = z.object({
  ip: z.string().max(45),
  userAgent: z.string().max(512).nullable(),
})
export type Client = z.infer<typeof shape>

export const clientHeader = 'x-nexus-client'

const written = new WeakMap<Client, string>()

/** As the value of a header, whatever a program may call itself. Written once, however often the same one comes. */
export function writeClient(client: Client): string {
  const before = written.get(client)
  if (before !== undefined) return before
  const header = encodeURIComponent(JSON.stringify(client))
  written.set(client, header)
  return header
}

/** Null for what `writeClient` did not write. */
export function readClient(header: unknown): Client | null {
  if (typeof header !== 'string') return null
  try {
    return shape.safeParse(JSON.parse(decodeURIComponent(header))).data ?? null
  } catch {
    return null
  }
}

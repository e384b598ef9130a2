import { readFileSync } from 'node:fs'
import { z } from 'zod'

/** Why Vault gave nothing. */
export type VaultReason =
  | 'refused'
  | 'rejected'
  | 'missing'
  | 'sealed'
  | 'failed'
  | 'late'
  | 'unreachable'
  | 'unreadable'
  | 'large'

const words: Record<VaultReason, string> = {
  refused: 'it refuses this token or role',
  rejected: 'it rejects what it was asked',
  missing: 'it has nothing there',
  sealed: 'it is sealed or standing by',
  failed: 'it failed',
  late: 'it did not answer in time',
  unreachable: 'it is out of reach',
  unreadable: 'its answer is not what was asked for',
  large: 'its answer is too large',
}

/** Says why, and neither where to nor what was sent or found. */
export class VaultError extends Error {
  readonly reason: VaultReason
  constructor(reason: VaultReason) {
    super(`Vault: ${words[reason]}`)
    this.name = 'VaultError'
    this.reason = reason
  }
  /** Whether another try may succeed. */
  get passes(): boolean {
    return ['sealed', 'failed', 'late', 'unreachable'].includes(this.reason)
  }
}

/** How Vault is entered: by a token, by one in a file that an agent keeps fresh, or as a pod of Kubernetes. */
export type VaultEntry =
  | { token: string }
  | { tokenFile: string }
  | { role: string; jwtFile: string; mount: string }

export type Vault = {
  /** Asks a path below `/v1/`; a body makes it a POST. Throws VaultError. */
  ask(path: string, body?: Record<string, unknown>): Promise<unknown>
}

const login = z.object({
  auth: z.object({ client_token: z.string().min(1), lease_duration: z.number().nonnegative() }),
})
// Of the time that a token lives, after which the next one is fetched.
const ahead = 2 / 3

const fileOf = (path: string): string => {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    throw new VaultError('refused')
  }
}

/** What an answer is in a shape. Throws VaultError. */
export function shaped<Shape extends z.ZodType>(shape: Shape, answer: unknown): z.infer<Shape> {
  const { success, data } = shape.safeParse(answer)
  if (!success) throw new VaultError('unreadable')
  return data
}

/**
 * A client of HashiCorp Vault. Redirects are not followed: a token goes where it was meant to.
 * @param options.timeoutMs for one call, 5 s unless said
 * @param options.largest bytes of an answer, 1 MiB unless said
 */
export function openVault(options: {
  address: string
  namespace?: string | undefined
  entry: VaultEntry
  timeoutMs?: number
  largest?: number
  now?: () => number
}): Vault {
  const { address, namespace, entry, timeoutMs = 5_000, largest = 1024 * 1024, now = Date.now } = options
  let entered: { token: string; until: number } | null = null

  const call = async (path: string, token: string | null, body?: Record<string, unknown>) => {
    const response = await fetch(new URL(`/v1/${path}`, address), {
      method: body ? 'POST' : 'GET',
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
      headers: {
        'x-vault-request': 'true',
        ...(token && { 'x-vault-token': token }),
        ...(namespace && { 'x-vault-namespace': namespace }),
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
    }).catch(unanswered)
    const text = await textOf(response, largest).catch(unanswered)
    if (response.status !== 200) throw new VaultError(reasonOf(response.status))
    try {
      return JSON.parse(text) as unknown
    } catch {
      throw new VaultError('unreadable')
    }
  }
  const enter = async (): Promise<string> => {
    if ('token' in entry) return entry.token
    if ('tokenFile' in entry) return fileOf(entry.tokenFile)
    if (entered && now() < entered.until) return entered.token
    const { role, jwtFile, mount } = entry
    const { auth } = shaped(login, await call(`auth/${mount}/login`, null, { role, jwt: fileOf(jwtFile) }))
    entered = { token: auth.client_token, until: now() + auth.lease_duration * 1_000 * ahead }
    return entered.token
  }
  return {
    async ask(path, body) {
      try {
        return await call(path, await enter(), body)
      } catch (error) {
        // A token may be revoked before its time: who can enter again does so once.
        if (!(error instanceof VaultError) || error.reason !== 'refused' || !entered) throw error
        entered = null
        return await call(path, await enter(), body)
      }
    },
  }
}

function reasonOf(status: number): VaultReason {
  if (status === 401 || status === 403) return 'refused'
  if (status === 404) return 'missing'
  if (status === 503) return 'sealed'
  if (status === 429 || status >= 472) return 'failed'
  return status >= 400 ? 'rejected' : 'unreadable'
}

function unanswered(error: unknown): never {
  if (error instanceof VaultError) throw error
  throw new VaultError((error as Error).name === 'TimeoutError' ? 'late' : 'unreachable')
}

async function textOf(response: Response, largest: number): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.length
    if (size > largest) throw new VaultError('large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

type VaultSettings = {
  VAULT_ADDR?: string | undefined
  VAULT_NAMESPACE?: string | undefined
  VAULT_TOKEN?: string | undefined
  VAULT_TOKEN_FILE?: string | undefined
  VAULT_ROLE?: string | undefined
  VAULT_AUTH_MOUNT: string
  VAULT_JWT_FILE: string
}

/** The Vault that settings name. Throws when they do not name one, or not how to enter. */
export function vaultOf(env: VaultSettings): Vault {
  const { VAULT_ADDR: address, VAULT_NAMESPACE: namespace, VAULT_TOKEN: token } = env
  const { VAULT_TOKEN_FILE: tokenFile, VAULT_ROLE: role } = env
  const entry =
    (token && { token }) ||
    (tokenFile && { tokenFile }) ||
    (role && { role, jwtFile: env.VAULT_JWT_FILE, mount: env.VAULT_AUTH_MOUNT })
  if (!address || !entry)
    throw new Error('Vault needs VAULT_ADDR, and VAULT_TOKEN, VAULT_TOKEN_FILE or VAULT_ROLE')
  return openVault({ address, namespace, entry })
}

import { readFileSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { readHouse } from '#kit/lock.ts'
import { root } from '#kit/register.ts'

/** What a command could not do, said for a person. */
export class Refused extends Error {}

export type Answer = {
  success: boolean
  data: Record<string, unknown>
  error?: { code: string; message: string; details?: { field: string; message: string }[] }
}

type Account = { url: string; token: string } | { url: string; email: string; password: string }

/** Who calls, and where: from the environment, else the house that runs here. */
function accountOf(env: NodeJS.ProcessEnv): Account {
  const folder = env.NEXUS_DATA_DIR || '.nexus'
  const dataDir = isAbsolute(folder) ? folder : join(root, folder)
  const url = env.NEXUS_URL || readHouse(dataDir)?.url
  if (!url) throw new Refused('No Nexus runs here: start one with npm start, or set NEXUS_URL')
  if (env.NEXUS_TOKEN) return { url, token: env.NEXUS_TOKEN }
  if (env.NEXUS_EMAIL && env.NEXUS_PASSWORD)
    return { url, email: env.NEXUS_EMAIL, password: env.NEXUS_PASSWORD }
  try {
    const password = env.NEXUS_PASSWORD || readFileSync(join(dataDir, 'demo-password'), 'utf8').trim()
    return { url, email: env.NEXUS_EMAIL || 'admin@acme.example', password }
  } catch {
    throw new Refused('No account: set NEXUS_TOKEN, or NEXUS_EMAIL and NEXUS_PASSWORD')
  }
}

type Init = RequestInit & { duplex?: 'half' }
export type Client = ((path: string, init?: Init) => Promise<Answer['data']>) & {
  /** A document as it is. */
  file(path: string): Promise<Response>
}

async function ask(url: string, path: string, init: RequestInit): Promise<Answer['data']> {
  const response = await reach(url, path, init)
  const answer = (await response.json().catch(() => null)) as Answer | null
  if (answer?.success) return answer.data
  throw refusal(response, answer)
}

async function askForFile(url: string, path: string, init: RequestInit): Promise<Response> {
  const response = await reach(url, path, init)
  if (response.ok) return response
  throw refusal(response, (await response.json().catch(() => null)) as Answer | null)
}

const reach = (url: string, path: string, init: RequestInit): Promise<Response> =>
  fetch(new URL(`/api/v1${path}`, url), init).catch((error: Error) => {
    throw new Refused(
      `${url} does not answer: ${(error.cause as Error | undefined)?.message ?? error.message}`,
    )
  })

function refusal({ status }: Response, answer: Answer | null): Refused {
  const { message, details = [] } = answer?.error ?? { message: `HTTP ${status}` }
  return new Refused([message, ...details.map((detail) => `  ${detail.field}: ${detail.message}`)].join('\n'))
}

/** Signs in where no token was given. Throws Refused. */
export async function openClient(env: NodeJS.ProcessEnv): Promise<Client> {
  const account = accountOf(env)
  const signIn = async (email: string, password: string) => {
    const data = await ask(account.url, '/auth/login', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email, password }),
    })
    return tokensOf(data)
  }
  const refresh = async (refreshToken: string) => {
    const headers = { 'content-type': 'application/json' }
    const body = JSON.stringify({ refreshToken })
    return tokensOf(await ask(account.url, '/auth/refresh', { method: 'POST', headers, body }))
  }
  let tokens = 'token' in account ? account.token : await signIn(account.email, account.password)
  const signed = async (init: Init): Promise<Init> => {
    // A large import is watched for longer than a token lasts.
    if (typeof tokens !== 'string' && Date.now() > tokens.renewAt) tokens = await refresh(tokens.refresh)
    const token = typeof tokens === 'string' ? tokens : tokens.access
    return { ...init, headers: { ...init.headers, authorization: `Bearer ${token}` } }
  }
  const client = async (path: string, init: Init = {}) => ask(account.url, path, await signed(init))
  return Object.assign(client, {
    file: async (path: string) => askForFile(account.url, path, await signed({})),
  })
}

type Tokens = { access: string; refresh: string; renewAt: number }
const tokensOf = ({ accessToken, refreshToken, expiresIn }: Answer['data']): Tokens => ({
  access: String(accessToken),
  refresh: String(refreshToken),
  renewAt: Date.now() + Number(expiresIn) * 800,
})

import { z } from 'zod'
import { keeperVariables, secretFiles, secretNames, secretVariables } from './env-secrets.ts'
import { networkOf } from './network.ts'
import { withFiles } from './secrets/files.ts'
import { type Secrets, vaultSecrets } from './secrets/vault.ts'
import { vaultOf } from './vault.ts'

/**
 * Reads the environment once against a shape. Empty strings count as unset; a secret may stand in the file that its
 * `_FILE` names. Throws one Error that names every variable that is wrong, and none of their values.
 */
export function readEnv<Shape extends z.ZodRawShape>(
  shape: Shape,
  source: Record<string, string | undefined> = process.env,
): z.infer<z.ZodObject<Shape>> {
  const set = Object.fromEntries(Object.entries(source).filter(([, value]) => value !== ''))
  const given = withFiles(
    set,
    secretNames.filter((name) => name in shape),
  )
  const result = z.object(shape).safeParse(given)
  if (result.success) return result.data
  const lines = result.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`)
  throw new Error(`The environment is not as Nexus needs it:\n${lines.join('\n')}`)
}

const port = z.coerce.number().int().min(0).max(65535)

/** Every variable that a process of Nexus reads; the README's table lists the same ones. */
export const environment = {
  PORT: port.default(4000).describe('Port of the gateway'),
  METRICS_PORT: port
    .optional()
    .describe('Port of `/metrics`, for Prometheus; without it nothing is served there'),
  HOST: z.string().default('127.0.0.1').describe('Address that servers bind to'),
  SUPERGRAPH_PATH: z
    .string()
    .optional()
    .describe('Supergraph that `npm run gateway` serves; a change of the file is taken up while it runs'),
  FORWARD_HEADERS: z
    .string()
    .transform((text) => text.split(',').map((each) => each.trim().toLowerCase()))
    .pipe(z.array(z.string().regex(/^[a-z0-9!#$%&'*+.^_`|~-]+$/, 'must be names of headers, by commas')))
    .optional()
    .describe('Headers, by commas, that `npm run gateway` passes from its clients on to subgraphs'),
  LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
    .default('warn')
    .describe('How much the log says'),
  NEXUS_DATA_DIR: z.string().default('.nexus').describe('Folder of the embedded database and local secrets'),
  NEXUS_CHECKPOINT_DIR: z
    .string()
    .optional()
    .describe(
      'Folder where signed checkpoints of the audit trail are kept; `checkpoints` in the data folder when unset',
    ),
  NEXUS_ERASURE_DIR: z
    .string()
    .optional()
    .describe(
      'Folder of the list of who was erased, which no backup of the database holds; the data folder when unset',
    ),
  ...secretVariables,
  ...secretFiles,
  ...keeperVariables,
  NEXUS_TLS_DIR: z
    .string()
    .optional()
    .describe(
      'Folder with `tls.crt`, `tls.key` and `ca.crt`, for processes apart: all serve TLS then, and subgraphs answer those alone that show a certificate of that authority',
    ),
  NEXUS_TRUSTED_PROXIES: z
    .string()
    .transform((text) => text.split(',').map((each) => each.trim()))
    .optional()
    .describe('Addresses or networks (CIDR), by commas, whose `X-Forwarded-For` and `-Proto` are believed'),
  NEXUS_PUBLIC_URL: z
    .url({ protocol: /^https?$/, error: 'must begin with https:// or http://' })
    .transform((text) => new URL(text).origin)
    .optional()
    .describe(
      'Where browsers reach the platform, such as `https://nexus.example`: passkeys and single sign-on belong to it; the default is `http://localhost` with PORT',
    ),
  NEXUS_PRIVATE_NETWORKS: z
    .string()
    .transform((text) => text.split(',').map((each) => each.trim()))
    .refine((networks) => networks.every((each) => networkOf(each) !== null), 'must be networks, by commas')
    .transform((networks) => networks.map((each) => networkOf(each)!))
    .optional()
    .describe(
      'Networks (CIDR), by commas, that addresses given by people may lie in besides the internet, such as that of an identity provider of your own; also without TLS',
    ),
  NEXUS_SEED: z
    .enum(['demo', 'none'])
    .optional()
    .describe('`demo` seeds the demo; the default is `demo` embedded and `none` with DATABASE_URL'),
  NEXUS_DEMO_PASSWORD: z.string().min(8).optional().describe('Password of the demo accounts; else generated'),
  NEXUS_IMPORT_MAX_BYTES: z.coerce
    .number()
    .int()
    .positive()
    .default(100 * 1024 * 1024)
    .describe('Largest report that may be imported, in bytes'),
  NEXUS_ASSET_STALE_DAYS: z.coerce
    .number()
    .int()
    .positive()
    .default(30)
    .describe('After how many days without a word from any source an asset is STALE'),
  NEXUS_ALERT_RETENTION_DAYS: z.coerce
    .number()
    .int()
    .positive()
    .default(365)
    .describe('After how many days an alert that is resolved is archived, and read only'),
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('Where traces are sent, as OTLP by HTTP; without it there are none'),
  OTEL_TRACES_SAMPLER_ARG: z.coerce
    .number()
    .min(0)
    .max(1)
    .default(0.1)
    .describe('The part of all operations that is traced'),
  NEXUS_DOCUMENTS: z
    .enum(['any', 'registered'])
    .default('any')
    .describe('`registered` answers no other operations than those of `schema/operations.json`'),
  NODE_ENV: z
    .string()
    .optional()
    .describe('`production` hides the schema from strangers and installs no tools'),
}

export type Environment = z.infer<z.ZodObject<typeof environment>>

export type Opened = {
  env: Environment
  /** Where they came from that are in no variable; null when all are. */
  secrets: Secrets | null
}

/**
 * The whole environment, with the secrets that NEXUS_SECRETS names; variables and files count before them. Throws one
 * Error that names what is wrong or why there are no secrets, and tells nothing of them.
 */
export async function openEnvironment(
  source: Record<string, string | undefined> = process.env,
): Promise<Opened> {
  const env = readEnv(environment, source)
  const [, mount, path] = /^vault:([^/]+)\/(.+)$/.exec(env.NEXUS_SECRETS ?? '') ?? []
  if (!mount || !path) return { env, secrets: null }
  const secrets = vaultSecrets({ vault: vaultOf(env), mount, path, names: secretNames })
  const values = await secrets.read().catch((error: Error) => {
    throw new Error(`The secrets that NEXUS_SECRETS names cannot be read. ${error.message}`)
  })
  const missing = Object.entries(values).filter(([name]) => !source[name] && !source[`${name}_FILE`])
  return { env: readEnv(environment, { ...source, ...Object.fromEntries(missing) }), secrets }
}

/** The origin that browsers know: the one that was given, or the one of this machine. */
export const publicUrlOf = ({ NEXUS_PUBLIC_URL, PORT }: Environment, port = PORT): string =>
  NEXUS_PUBLIC_URL ?? `http://localhost:${port}`

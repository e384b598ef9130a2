import { z } from 'zod'

const masterKey = z
  .base64('must be base64')
  .refine((text) => Buffer.from(text, 'base64').length === 32, 'must be 32 bytes')
const passphrase = z.string().min(16, 'must have at least 16 characters')
const secret = z.string().min(32, 'must have at least 32 characters')
const names = z
  .string()
  .transform((text) => text.split(',').map((each) => each.trim()))
  .refine((each) => each.every((name) => name.length > 0 && name.length <= 400), 'must be names, by commas')
const mount = z.string().regex(/^[\w-]+(\/[\w-]+)*$/, 'must be the name of a mount')

/** The variables that are secrets: a file or Vault may hold them too. */
export const secretVariables = {
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'must begin with postgres://')
    .optional()
    .describe('PostgreSQL 15 to 18 of your own, as a role that may create roles; replaces the embedded one'),
  REDIS_URL: z
    .string()
    .regex(/^rediss?:\/\//, 'must begin with redis://')
    .optional()
    .describe('Redis that processes share; without it, counters and events stay in this process'),
  NEXUS_SECRET: secret
    .optional()
    .describe(
      'Root of the signing keys and of the database roles’ passwords, the same in every process over one database; generated and kept in the data folder when unset',
    ),
  NEXUS_SECRET_PREVIOUS: secret
    .optional()
    .describe('Another secret whose signatures are believed too, while one replaces the other'),
  NEXUS_MASTER_KEY: masterKey
    .optional()
    .describe(
      'Base64 of the 32 bytes that the keys of sealed values are wrapped with; derived from `NEXUS_SECRET` when unset',
    ),
  NEXUS_MASTER_KEY_PREVIOUS: masterKey
    .optional()
    .describe('Another master key that still unwraps, while one replaces the other'),
  NEXUS_MASTER_PASSPHRASE: passphrase
    .optional()
    .describe('A passphrase that the master key is made of, by PBKDF2, in place of `NEXUS_MASTER_KEY`'),
  NEXUS_MASTER_PASSPHRASE_PREVIOUS: passphrase
    .optional()
    .describe('Another passphrase whose master key still unwraps'),
  OTEL_EXPORTER_OTLP_HEADERS: z
    .string()
    .regex(
      /^\s*[\w-]+\s*=([^,%]|%[\da-f]{2})*(,\s*[\w-]+\s*=([^,%]|%[\da-f]{2})*)*$/i,
      'must be name=value, by commas, percent-encoded',
    )
    .optional()
    .describe('Headers for the receiver of traces, as `name=value` by commas, percent-encoded'),
}

export type SecretName = keyof typeof secretVariables
export const secretNames = Object.keys(secretVariables) as SecretName[]
export type FileName = `${SecretName}_FILE`

/** For each of them, the path of a file that holds it. */
export const secretFiles = Object.fromEntries(
  secretNames.map((name) => [
    `${name}_FILE`,
    z.string().optional().describe(`A file that holds \`${name}\`, in its place`),
  ]),
) as Record<FileName, z.ZodOptional<z.ZodString>>

/** Who keeps the master key, where secrets come from, and how Vault is entered. */
export const keeperVariables = {
  NEXUS_KEYS: z
    .enum(['local', 'aws-kms', 'vault-transit'])
    .default('local')
    .describe('Who keeps the master key: Nexus, AWS KMS, or the transit engine of a Vault'),
  NEXUS_KMS_KEYS: names
    .optional()
    .describe('Keys of AWS KMS (ids, ARNs or aliases), by commas: the first wraps, all of them unwrap'),
  NEXUS_KMS_ENDPOINT: z
    .url({ protocol: /^https?$/, error: 'must begin with https:// or http://' })
    .optional()
    .describe('Where AWS KMS is, if not at its usual address'),
  NEXUS_TRANSIT_KEYS: names
    .refine((each) => each.every((name) => /^[\w.-]+$/.test(name)), 'must be names of keys, by commas')
    .optional()
    .describe('Keys of Vault’s transit engine, by commas: the first wraps, all of them unwrap'),
  NEXUS_TRANSIT_MOUNT: mount.default('transit').describe('Where the transit engine is mounted'),
  NEXUS_SECRETS: z
    .string()
    .regex(/^vault:[\w-]+(\/[\w.-]+)+$/, 'must be vault:<mount>/<path>')
    .optional()
    .describe(
      '`vault:<mount>/<path>` of a secret (KV version 2) whose keys are named as the variables here that have a `_FILE` too',
    ),
  VAULT_ADDR: z
    .url({ protocol: /^https?$/, error: 'must begin with https:// or http://' })
    .optional()
    .describe('Where Vault is'),
  VAULT_NAMESPACE: z.string().optional().describe('Namespace of Vault'),
  VAULT_TOKEN: z.string().optional().describe('Token for Vault; it is not renewed'),
  VAULT_TOKEN_FILE: z
    .string()
    .optional()
    .describe('File that an agent of Vault keeps a token in; it is read at each call'),
  VAULT_ROLE: z
    .string()
    .optional()
    .describe('Role that this pod of Kubernetes has in Vault; tokens are fetched before they end'),
  VAULT_AUTH_MOUNT: mount.default('kubernetes').describe('Where that way of entering is mounted'),
  VAULT_JWT_FILE: z
    .string()
    .default('/var/run/secrets/kubernetes.io/serviceaccount/token')
    .describe('The pod’s own token'),
}

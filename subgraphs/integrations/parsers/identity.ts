/** What a report says of the asset itself, beside its name. What is not as it should be tells nothing. */
import { isObject, type Json } from './json.ts'
import type { AssetIdentifier } from './report.ts'
import { unique } from './text.ts'

const most = 20
const digest = /(?:^|@)(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/i

const textsOf = (value: unknown): string[] =>
  (Array.isArray(value) ? value.slice(0, 100) : [value]).filter(
    (each) => typeof each === 'string' && each.length <= 2_000,
  )

/** Digests of an image, however they are written: of its manifest, its configuration, or behind a name. */
export function imageIdentifiers(of: unknown, names: readonly string[]): AssetIdentifier[] {
  if (!isObject(of)) return []
  const json: Json = of
  const found = names.flatMap((name) => textsOf(json[name]))
  const digests = found.flatMap((text) => digest.exec(text)?.[1]?.toLowerCase() ?? [])
  return unique(digests)
    .slice(0, most)
    .map((value) => ({ kind: 'image_digest', value }))
}

/** `github.com/acme/shop` of any way to write the address, without the credentials it may carry. */
export function repositoryName(uri: string | null): string | null {
  if (!uri) return null
  const plain = uri
    .replace(/^[a-z][a-z0-9+.-]*:\/\//i, '')
    .replace(/^[^@/]*@/, '')
    .replace(/[?#].*$/, '')
    .replace(/^([^/:]+):(?!\d+\/)/, '$1/')
    .replace(/\/+$/, '')
    .replace(/\.git$/, '')
  return plain.slice(0, 500) || null
}

/** The repository that was looked at. */
export function repositoryIdentifiers(uri: unknown): AssetIdentifier[] {
  const name = typeof uri === 'string' && uri.length <= 2_000 ? repositoryName(uri) : null
  return name?.includes('/') ? [{ kind: 'repository_id', value: name.toLowerCase() }] : []
}

import { isIP } from 'node:net'
import type { IdentifierKind } from './tables.ts'

const longest = 500
/** What makers leave where a number should be. */
const fillers =
  /^(none|n\/?a|unknown|null|default string|not specified|not applicable|to be filled by o\.?e\.?m\.?|system serial number|chassis serial number|o\.?e\.?m\.?|0+|x+|1234567890?|0?123456789)$/i
const noUuid = /^(0{8}-0{4}-0{4}-0{4}-0{12}|f{8}-f{4}-f{4}-f{4}-f{12}|03000200-0400-0500-0006-000700080009)$/
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const label = '[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?'
const host = new RegExp(`^${label}$`)
const domain = new RegExp(`^${label}(\\.${label})+$`)

function mac(text: string): string | null {
  const digits = text.toLowerCase().replace(/[.:\- ]/g, '')
  if (!/^[0-9a-f]{12}$/.test(digits) || /^(0+|f+)$/.test(digits)) return null
  return digits.match(/../g)!.join(':')
}

function ip(text: string): string | null {
  const version = isIP(text)
  if (version === 4) return /^(127\.|0\.|255\.255\.255\.255)/.test(text) ? null : text
  if (version !== 6 || text.includes('%')) return null
  const short = new URL(`http://[${text}]`).hostname.slice(1, -1)
  return ['::', '::1'].includes(short) ? null : short
}

function hardwareUuid(text: string): string | null {
  const id = text.toLowerCase().replace(/[{}]/g, '')
  return uuid.test(id) && !noUuid.test(id) ? id : null
}

const matching = (text: string, form: RegExp) => (form.test(text) ? text : null)
const unlessFiller = (text: string) => (fillers.test(text) ? null : text)

/** How an identifier is kept, however its source writes it; null for what tells nothing. */
export function normalized(kind: IdentifierKind, given: string): string | null {
  const text = given.normalize('NFKC').trim()
  if (text === '' || text.length > longest || /\p{Cc}/u.test(text)) return null
  switch (kind) {
    case 'mac':
      return mac(text)
    case 'ip':
      return ip(text)
    case 'hardware_uuid':
      return hardwareUuid(text)
    case 'hardware_serial':
      return unlessFiller(text)?.toUpperCase() ?? null
    case 'fqdn':
      return matching(text.toLowerCase().replace(/\.$/, ''), domain)
    case 'hostname': {
      const name = matching(text.toLowerCase(), host)
      return name === 'localhost' ? null : name
    }
    case 'image_digest':
      return matching(text.toLowerCase(), /^sha(256:[0-9a-f]{64}|512:[0-9a-f]{128})$/)
    case 'mdm_id':
    case 'cloud_id':
    case 'repository_id':
    case 'package_manifest':
    case 'external_id':
      return unlessFiller(text)
    case 'imported_name':
      return given
  }
}

/** A VEX document, in whichever format it is. */
import { invalid } from '#kit/errors.ts'
import type { VexFormat } from '../../rules-vex.ts'
import { type Claims, counted } from './claim.ts'
import { documentIn, type Placed } from './json.ts'
import { readCyclonedx } from './read-cyclonedx.ts'
import { readOpenvex } from './read-openvex.ts'

/** Bytes of a document. */
export const largest = 1024 * 1024

function formatOf({ of }: Placed): VexFormat {
  if (Object.hasOwn(of, 'bomFormat') && of.bomFormat === 'CycloneDX') return 'cyclonedx'
  const context = Object.hasOwn(of, '@context') ? of['@context'] : null
  if (typeof context === 'string' && context.startsWith('https://openvex.dev/ns')) return 'openvex'
  throw invalid('document', 'It is neither OpenVEX nor CycloneDX: it has no @context or bomFormat of theirs')
}

/** What a document says. Throws VALIDATION_ERROR with the place of what is wrong: then nothing of it holds. */
export function readVex(given: string, asked: VexFormat | null): Claims {
  if (Buffer.byteLength(given) > largest) throw invalid('document', `At most ${largest} bytes`)
  const document = documentIn(given)
  const format = formatOf(document)
  if (asked && asked !== format) throw invalid('format', `The document is ${format}`)
  const read = format === 'openvex' ? readOpenvex(document) : readCyclonedx(document, given)
  counted(read.claims)
  return read
}

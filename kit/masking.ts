/** What is shown of values that are nobody else's to read. */
export const maskKinds = ['email', 'phone', 'card', 'ssn', 'generic'] as const
export type MaskKind = (typeof maskKinds)[number]

const hidden = '****'
// Of what is shorter, four characters would be half or more.
const shortestShown = 8
const digitsOf = (text: string) => text.replace(/\D/g, '')

/** The last four characters, of a value of at least eight; nothing of a shorter one, nor its length. */
const lastFour = (text: string) => (text.length < shortestShown ? hidden : `${hidden}${text.slice(-4)}`)

// `spring-core@4.3.0.RELEASE` is a package in its version.
const isVersion = (text: string) => /@(?:\d+\.){2,}[A-Za-z]+$/.test(text)

function maskedEmail(text: string): string {
  const at = text.lastIndexOf('@')
  if (at <= 0) return lastFour(text)
  const first = at > 1 ? text.slice(0, text.codePointAt(0)! > 0xffff ? 2 : 1) : ''
  return `${first}***${text.slice(at)}`
}

/** Hides a value of a kind: of an e-mail the domain is left, of anything else the last four characters. */
export function mask(value: string, kind: MaskKind): string {
  if (kind === 'email') return maskedEmail(value)
  if (kind === 'generic') return lastFour(value)
  const shown = lastFour(digitsOf(value))
  return kind === 'ssn' ? `***-**-${shown.slice(4)}` : shown
}

/** ISO/IEC 7812-1, annex B: what a misread digit would break. */
export function isLuhn(digits: string): boolean {
  let sum = 0
  for (let index = 0; index < digits.length; index += 1) {
    const digit = Number(digits[digits.length - 1 - index])
    const doubled = index % 2 === 0 ? digit : digit * 2
    sum += doubled > 9 ? doubled - 9 : doubled
  }
  return digits.length > 0 && sum % 10 === 0
}

// Each is bounded in every repetition, so that no text costs more than its length times a constant.
const shapes = {
  email: /[^\s@<>"'`()[\]{},:;\\|/=&?]{1,64}@(?:[\p{L}\p{N}-]{1,63}\.){1,8}[\p{L}]{2,24}/gu,
  ssn: /(?<![\w.-])(?!000|666|9\d\d)\d{3}-(?!00)\d\d-(?!0000)\d{4}(?![\w-])/g,
  // From 2 to 6: times in milliseconds begin with 1, and are as long.
  card: /(?<![\w+.-])[2-6](?:[ -]?\d){12,18}(?![\w-])/g,
  phone:
    /(?<![\w+.-])(?:\+\d{1,3}[ .-]?(?:\(\d{1,4}\)[ .-]?)?\d(?:[ .-]?\d){5,11}|(?:\(\d{3}\) ?|\d{3}[-. ])\d{3}[-. ]\d{4})(?![\w-])/g,
}

/** Hides e-mails, card numbers that could be ones (Luhn), social security and phone numbers in a text. */
export function maskText(text: string): string {
  // What has neither a sign of an e-mail nor digits enough has none of them.
  const masked = text.includes('@')
    ? text.replace(shapes.email, (found) => (isVersion(found) ? found : maskedEmail(found)))
    : text
  if (!/\d\D{0,2}\d\D{0,2}\d/.test(masked)) return masked
  return masked
    .replace(shapes.card, (found) => (isLuhn(digitsOf(found)) ? mask(found, 'card') : found))
    .replace(shapes.ssn, (found) => mask(found, 'ssn'))
    .replace(shapes.phone, (found) => mask(found, 'phone'))
}

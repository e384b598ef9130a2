import { maskText } from './masking.ts'

const words =
  'passw|passphrase|secret|token|authorization|cookie|credential|api[_-]?key|private[_-]?key|recovery[_-]?code|challenge'
/** Names of fields whose values are nobody's to read. */
const secretName = new RegExp(`${words}|^key$|^otp$`, 'i')
// The same in a line of JSON.
const secretField = new RegExp(`"[^"\\\\]{0,60}(?:${words})[^"\\\\]{0,60}":|"(?:key|otp)":`, 'i')

// What is a secret by its form: a JSON Web Token, a key of ours, a sealed value, what follows a scheme, the password
// of a url.
const shapes: [shape: RegExp, shown: string][] = [
  [/eyJ[\w-]{4,}\.[\w-]{4,}\.[\w-]*/g, '[token]'],
  [/nxs_[\w-]{20,}/g, '[key]'],
  [/nx1\.\d{1,9}\.[\w-]{16}\.[\w-]{4,}/g, '[sealed]'],
  [/(?<=\b(?:Bearer|Basic) )[\w.~+/=-]{6,}/gi, '[token]'],
  [/(?<=:\/\/[^\s/@:"]{0,100}:)[^\s/@"]{1,200}(?=@)/g, '[password]'],
]

/** Hides in a text what looks like a secret, or like people's data. */
export const redactText = (text: string): string =>
  maskText(shapes.reduce((masked, [shape, shown]) => masked.replace(shape, shown), text))

function redacted(value: unknown, name: string): unknown {
  if (value === null || typeof value === 'boolean') return value
  if (secretName.test(name)) return '[redacted]'
  if (typeof value === 'string') return redactText(value)
  if (Array.isArray(value)) return value.map((each) => redacted(each, ''))
  if (typeof value !== 'object') {
    const masked = maskText(String(value))
    return masked === String(value) ? value : masked
  }
  return Object.fromEntries(Object.entries(value).map(([field, of]) => [field, redacted(of, field)]))
}

/**
 * A line of JSON without secrets and people's data, at whatever depth they lie. A line that has none costs some
 * microseconds and stays as it is.
 */
export function redactLine(line: string): string {
  const masked = redactText(line)
  if (masked === line && !secretField.test(line)) return line
  try {
    return `${JSON.stringify(redacted(JSON.parse(line), ''))}\n`
  } catch {
    return masked
  }
}

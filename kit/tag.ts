const form = /^[a-z0-9][a-z0-9_.-]{0,62}:[a-z0-9][a-z0-9_./@-]{0,126}$/

/** A tag of assets as it is kept, `key:value` in small letters without spaces around; null for what is none. */
export function tagOf(text: string): string | null {
  const [key = '', ...value] = text.normalize('NFKC').toLowerCase().split(':')
  const tag = `${key.trim()}:${value.join(':').trim()}`
  return form.test(tag) ? tag : null
}

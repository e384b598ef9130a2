/** What a rule that suppresses alerts may say. */
const year = 366 * 86_400_000
export const mostLiveRules = 100
/** Days whose alerts a rule is tried on. */
export const previewDays = 30
const shortestSearch = 3

/** What an alert is from the first; its state is none of a rule's business. */
export const suppressible = ['severity', 'assetId', 'ruleId', 'source', 'search'] as const
export type RuleFilter = Partial<Record<(typeof suppressible)[number], string | string[] | null>>

type Wrong = { field: string; message: string }

/** What is wrong with the filter of a rule, or null. One that says nothing would suppress everything. */
export function wrongFilter(filter: Readonly<Record<string, unknown>>): Wrong | null {
  const said = Object.entries(filter).filter(([, value]) => value !== null && value !== undefined)
  for (const [name, value] of said) {
    if (!suppressible.includes(name as never))
      return { field: `filter.${name}`, message: `A rule may only name ${suppressible.join(', ')}` }
    if (Array.isArray(value) && value.length === 0)
      return { field: `filter.${name}`, message: 'Name at least one' }
    if (name === 'search' && String(value).trim().length < shortestSearch)
      return { field: 'filter.search', message: `At least ${shortestSearch} characters` }
  }
  return said.length === 0 ? { field: 'filter', message: 'Say which alerts' } : null
}

export function wrongRule(
  { name, reason, expiresAt }: { name: string; reason: string; expiresAt: Date },
  at: Date,
): Wrong | null {
  if (name.trim() === '' || name.length > 200) return { field: 'name', message: '1 to 200 characters' }
  if (reason.trim() === '') return { field: 'reason', message: 'Say why' }
  if (expiresAt <= at) return { field: 'expiresAt', message: 'Must be a time to come' }
  if (expiresAt.getTime() - at.getTime() > year) return { field: 'expiresAt', message: 'Within a year' }
  return null
}

/** What the rule of a field asks for. */
export type Demand = {
  /** Everywhere, or of each object in question. */
  permissions: readonly string[]
  peers: readonly string[]
  signedIn: boolean
  /** Why it asks for nothing. */
  open: string | null
}

const known = ['permission', 'permissionOn', 'peer', 'signedIn', 'open']

/** Reads a rule. Throws where there is none, or one that cannot be read. */
export function demandOf(rule: unknown, name: string): Demand {
  const parts = partsOf(rule)
  const wrong = parts.find(([scope, asked]) => !known.includes(scope) || !asked)
  if (parts.length === 0 || wrong)
    throw new Error(`${name} has no rule: it needs authScopes that say who may`)
  const of = (scope: string) => parts.filter(([each]) => each === scope).map(([, asked]) => String(asked))
  const [open = null] = of('open')
  const permissions = [...of('permission'), ...of('permissionOn')]
  return { permissions, peers: of('peer'), signedIn: of('signedIn').length > 0, open }
}

function partsOf(rule: unknown): [scope: string, asked: unknown][] {
  if (typeof rule !== 'object' || rule === null) return []
  return Object.entries(rule).flatMap(([scope, asked]): [string, unknown][] =>
    scope === '$all' || scope === '$any' ? partsOf(asked) : [[scope, asked]],
  )
}

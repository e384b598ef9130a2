/** What was attacked, kind by kind, and what came of it. */
export type Finding = { kind: string; name: string; attack: string; leaked: string[] }
export type Kind = {
  /** Where the names come from. */
  source: string
  names: Set<string>
  /** Those that were attacked, and how often. */
  attacked: Map<string, number>
}
export type Ledger = {
  kinds: Map<string, Kind>
  findings: Finding[]
  /** Own rows and answers that the same questions found where they may: an attack that sees nothing proves nothing. */
  controls: Map<string, number>
  notes: string[]
  open(kind: string, source: string, names: Iterable<string>): void
  attacked(kind: string, name: string, times?: number): void
  leak(kind: string, name: string, attack: string, leaked: string[]): void
  control(kind: string, seen: number): void
}

const mostFindings = 500

export function createLedger(): Ledger {
  const kinds = new Map<string, Kind>()
  const findings: Finding[] = []
  const controls = new Map<string, number>()
  return {
    kinds,
    findings,
    controls,
    notes: [],
    open: (kind, source, names) => {
      kinds.set(kind, { source, names: new Set(names), attacked: new Map() })
      controls.set(kind, 0)
    },
    attacked(kind, name, times = 1) {
      const of = kinds.get(kind)!
      if (of.names.has(name)) of.attacked.set(name, (of.attacked.get(name) ?? 0) + times)
    },
    leak(kind, name, attack, leaked) {
      if (findings.length < mostFindings) findings.push({ kind, name, attack, leaked })
    },
    control: (kind, seen) => void controls.set(kind, controls.get(kind)! + seen),
  }
}

/** Each thing that a source has and that was not attacked, and kinds of which there is none, are findings too. */
export function complete({ kinds, findings, controls }: Ledger): void {
  for (const [kind, { names, attacked, source }] of kinds) {
    if (names.size === 0) findings.push({ kind, name: source, attack: 'there is none', leaked: [] })
    for (const name of names)
      if (!attacked.has(name)) findings.push({ kind, name, attack: 'was not attacked', leaked: [] })
    if (controls.get(kind) === 0)
      findings.push({ kind, name: source, attack: 'no attack saw what it may see', leaked: [] })
  }
}

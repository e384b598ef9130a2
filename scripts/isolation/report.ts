import type { Finding, Ledger } from './ledger.ts'
import type { Verified } from './verify.ts'

const sum = (counts: Iterable<number>) => [...counts].reduce((all, count) => all + count, 0)

/** What was held, what was attacked, how often, and what an attack would have seen. */
export type Row = {
  kind: string
  source: string
  found: number
  attacked: number
  attacks: number
  control: number
}

export const rowsOf = ({ kinds, controls }: Ledger): Row[] =>
  [...kinds].map(([kind, { source, names, attacked }]) => ({
    kind,
    source,
    found: names.size,
    attacked: attacked.size,
    attacks: sum(attacked.values()),
    control: controls.get(kind) ?? 0,
  }))

/** For programs: counts by kind, and everything that leaked. */
export const asJson = ({ ledger, seconds, store }: Verified) => ({
  clean: ledger.findings.length === 0,
  seconds,
  store,
  kinds: Object.fromEntries(rowsOf(ledger).map(({ kind, ...row }) => [kind, row])),
  findings: ledger.findings,
  notes: ledger.notes,
})

const line = ({ kind, name, attack, leaked }: Finding) =>
  `- **${kind}**, \`${name}\`: ${attack}${leaked.length > 0 ? `. Seen: ${leaked.join(', ')}` : ''}`

/** For people, in Markdown. */
export function asText(verified: Verified, version: string, at: Date): string {
  const { ledger, seconds, store } = verified
  const { findings, notes } = ledger
  const verdict =
    findings.length === 0
      ? 'Nothing of the victim was seen or changed.'
      : `${findings.length} findings, listed below.`
  const table = rowsOf(ledger).map(
    ({ kind, found, attacked, attacks, control }) =>
      `| ${kind} | ${found} | ${attacked} | ${attacks} | ${control} |`,
  )
  const sources = rowsOf(ledger).map(({ kind, source }) => `- ${kind}: ${source}`)
  return `# Isolation of tenants

Nexus ${version}, ${at.toISOString()}, ${seconds} s, shared state in ${store}.

**${verdict}**

A house of its own was opened with two organizations. Every text column of the victim was given a word that stands
nowhere else; the attacker came as each role, with an API key, and as nobody, and named the victim's ids. Answers were
searched for those words and for ids that nobody had said, and compared with the answers for ids that do not exist.

| kind | there are | attacked | attacks | seen by who may |
|---|---:|---:|---:|---:|
${table.join('\n')}

The last column is the control: what the same questions showed to those who may see it. An attack that could have seen
nothing would be worth nothing.

## Where the names come from

${sources.join('\n')}
${notes.length > 0 ? `\n## Notes\n\n${notes.map((note) => `- ${note}`).join('\n')}\n` : ''}
## Findings

${findings.length === 0 ? 'None.' : findings.map(line).join('\n')}
`
}

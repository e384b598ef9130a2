import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '#kit/register.ts'

export type Goal = { name: string; value: number; goal: number; better: 'higher' | 'lower'; ok: boolean }

export const goal = (name: string, value: number, wanted: number, better: Goal['better']): Goal => ({
  name,
  value: Number(value.toFixed(3)),
  goal: wanted,
  better,
  ok: better === 'higher' ? value >= wanted : value <= wanted,
})

export const median = (numbers: readonly number[]): number =>
  numbers.toSorted((one, other) => one - other)[Math.floor(numbers.length / 2)]!

/** Writes what was found to `.bench/<name>.json`. */
export function keep(name: string, found: { goals: readonly Goal[] } & Record<string, unknown>): void {
  console.table(found.goals)
  mkdirSync(join(root, '.bench'), { recursive: true })
  writeFileSync(join(root, '.bench', `${name}.json`), `${JSON.stringify(found, null, 2)}\n`)
}

/** What a benchmark was told: `seconds=600 clients=4`. */
export const settings: Readonly<Record<string, string>> = Object.fromEntries(
  process.argv.slice(2).map((pair) => pair.split('=')),
)

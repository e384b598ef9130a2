/** The README's table of settings, written from the environment's own shape; --check fails on a difference. */
import { readFileSync, writeFileSync } from 'node:fs'
import type { z } from 'zod'
import { environment } from '#kit/env.ts'
import { root } from '#kit/register.ts'

const readme = `${root}README.md`
const place = /(?<=<!-- settings -->\n)[\s\S]*?(?=<!-- \/settings -->)/

function row([name, type]: [string, z.ZodType]): string {
  const { data } = type.safeParse(undefined)
  return `| \`${name}\` | ${data === undefined ? '' : `\`${data}\``} | ${type.description} |\n`
}

const rows = Object.entries<z.ZodType>(environment).map(row)
const table = ['| variable | default | what it is |\n|---|---|---|\n', ...rows].join('')
const text = readFileSync(readme, 'utf8')
const wanted = text.replace(place, () => table)

if (!process.argv.includes('--check')) writeFileSync(readme, wanted)
else if (wanted !== text) {
  console.error('The settings in README.md differ from kit/env.ts: run npm run settings')
  process.exitCode = 1
}

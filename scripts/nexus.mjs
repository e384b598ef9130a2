#!/usr/bin/env node
// Runs on any Node: finds the one that npm installed and hands over to it.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const node = join(root, 'node_modules', '.bin', 'node')

if (existsSync(node)) {
  const child = spawn(node, [join(root, 'scripts', 'nexus.ts'), ...process.argv.slice(2)], {
    stdio: 'inherit',
  })
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code) => process.exit(code ?? 1))
} else {
  console.error(`Nexus is not installed yet: run npm install in ${root}`)
  process.exit(1)
}

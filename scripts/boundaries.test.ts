import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { root } from '#kit/register.ts'
import { breaches } from './boundaries.ts'

function plant(t: TestContext, files: Record<string, string>) {
  const folder = mkdtempSync(join(tmpdir(), 'nexus-walls-'))
  t.after(() => rmSync(folder, { recursive: true }))
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(join(folder, dirname(file)), { recursive: true })
    writeFileSync(join(folder, file), text)
  }
  return breaches(folder)
}

test('the house keeps its walls', () => {
  assert.deepEqual(breaches(root), [])
})

const violations: Record<string, [file: string, text: string]> = {
  'kit to gateway': ['kit/a.ts', "import { a } from '../gateway/app.ts'"],
  'kit to a subgraph': ['kit/a.ts', "import type { a } from '../subgraphs/assets/tables.ts'"],
  'kit to scripts': ['kit/a.ts', "const a = await import('../scripts/house.ts')"],
  'gateway to a subgraph': ['gateway/a.ts', "export * from '../subgraphs/assets/tables.ts'"],
  'gateway to scripts': ['gateway/rest/a.ts', "export { a } from '../../scripts/a.ts'"],
  'the engine to the gateway': ['gateway/federation/a.ts', "import '../context.ts'"],
  'the engine to the REST rows': ['gateway/federation/plan/a.ts', "import { a } from '../../rest/route.ts'"],
  'a subgraph to the gateway': ['subgraphs/assets/model/a.ts', "import { a } from '../../../gateway/app.ts'"],
  'a subgraph to another': ['subgraphs/assets/graph/a.ts', "import { a } from '../../alerts/tables.ts'"],
  'a test of a subgraph to another': [
    'subgraphs/assets/test/a.test.ts',
    "import { a } from '../../alerts/a.ts'",
  ],
  'a subgraph to another by a type': ['subgraphs/assets/a.ts', "type A = import('../alerts/tables.ts').A"],
  'model to graph': ['subgraphs/assets/model/a.ts', "import { a } from '../graph/asset.ts'"],
  'model to Pothos': ['subgraphs/assets/model/a.ts', "import a from '@pothos/core'"],
  'model to Fastify': ['subgraphs/assets/model/a.ts', "import a from 'fastify'"],
  'model to graphql': ['subgraphs/assets/model/a.ts', "import { GraphQLError } from 'graphql'"],
  'model to Pothos by way of kit': [
    'subgraphs/assets/model/a.ts',
    "import { screaming } from '#kit/builder.ts'",
  ],
  'rules to kit': ['subgraphs/assets/rules.ts', "import { a } from '#kit/errors.ts'"],
  'rules to npm': ['subgraphs/assets/rules.ts', "import { a } from 'kysely'"],
  'rules to model': ['subgraphs/assets/rules.ts', "import { a } from './model/asset.ts'"],
  'a migration to tables': ['subgraphs/assets/migrations/0001-a.ts', "import { a } from '../tables.ts'"],
  'a migration to kit': ['subgraphs/assets/migrations/0001-a.ts', "import { a } from '#kit/page.ts'"],
  'web to kit': ['web/src/a.tsx', "import { a } from '../../kit/errors.ts'"],
  'web to gateway': ['web/src/a.tsx', "import { a } from '../../gateway/errors.ts'"],
  'web to k8s': ['web/src/a.ts', "import { a } from '../../k8s/a.ts'"],
  'web to scripts': ['web/src/a.ts', "import type { a } from '../../scripts/a.ts'"],
  'a subgraph to scripts': ['subgraphs/load.ts', "require('../scripts/a.ts')"],
  'the environment in kit': ['kit/a.ts', 'const a = process.env.A'],
  'the environment in the gateway': ['gateway/a.ts', "const a = process['env'].A"],
  'the environment taken apart': ['gateway/a.ts', 'const { env } = process'],
  'the environment by way of the world': ['gateway/a.ts', 'const a = globalThis.process.env.A'],
  'the environment by an import': ['gateway/a.ts', "import { env } from 'node:process'"],
}

for (const [name, [file, text]] of Object.entries(violations))
  test(`caught: ${name}`, (t) => {
    const [first, ...more] = plant(t, { [file]: `// why\n\n${text}\n` })
    assert.deepEqual([first?.file, first?.line], [file, 3])
    assert.deepEqual(more, [])
  })

test('what the walls allow', (t) => {
  const found = plant(t, {
    'kit/a.ts':
      "import { z } from 'zod'\nimport { b } from './b.ts'\n// process.env and import '../gateway/a.ts'",
    'kit/env.ts': 'export const a = process.env.A',
    'kit/a.test.ts': "import { house } from '../scripts/house.ts'\nprocess.env.A",
    'gateway/a.ts': "import { a } from '#kit/a.ts'\nimport { b } from './federation/engine.ts'",
    'gateway/main.ts': 'const a = process.env',
    'gateway/federation/engine.ts': "import { a } from '#kit/a.ts'\nimport { b } from './source.ts'",
    'subgraphs/load.ts': "import { a } from './assets/index.ts'\nimport { b } from './alerts/index.ts'",
    'subgraphs/assets/rules.ts': "import type { A } from './tables.ts'",
    'subgraphs/assets/graph/a.ts': "import * as a from '../model/a.ts'\nimport { b } from '@pothos/core'",
    'subgraphs/assets/model/a.ts': "import { a } from '../rules.ts'\nimport { sql } from 'kysely'",
    'subgraphs/assets/migrations/index.ts':
      "import { a } from './0001-a.ts'\nimport { b } from '#kit/migration.ts'",
    'web/src/a.tsx': "import { b } from './b.ts'\nimport { c } from 'react'\nimport '../../schema/c.json'",
    'web/test/a.test.ts': "import { a } from '#kit/a.ts'\nimport { b } from '../../scripts/a.ts'",
    'scripts/a.ts':
      "import { a } from '../gateway/app.ts'\nimport { b } from '../subgraphs/load.ts'\nprocess.env.A",
  })
  assert.deepEqual(found, [])
})

/**
 * Writes the contracts under schema/, and what the page knows of them, from the code. With --check it fails where they differ from the code, and
 * where they would break clients of the last release.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { composeServices } from '@apollo/composition'
import { printSchema, Supergraph } from '@apollo/federation-internals'
import { printSubgraphSchema } from '@apollo/subgraph'
import { outputIntrospectionFile } from '@gql.tada/internal'
import { buildSchema, introspectionFromSchema, parse } from 'graphql'
import { readRegister, root } from '#kit/register.ts'
import { loadSubgraph } from '../subgraphs/load.ts'
import { breakingChanges, releasedSchema } from './breaking.ts'
import { operationsOf } from './operations.ts'
import { allDemands, allRoutes, contradiction } from './rules.ts'

/** Every contract by its path from the root: those under schema/ and the page's types, as the code has it now. Throws where it does not compose, and where REST and the graph disagree on who may ask. */
export async function compose(): Promise<Map<string, string>> {
  const services = await Promise.all(
    readRegister({}).map(async (registered) => {
      const { schema } = await loadSubgraph(registered)
      return { ...registered, text: `${printSubgraphSchema(schema)}\n` }
    }),
  )
  const { supergraphSdl, errors } = composeServices(
    services.map(({ name, url, text }) => ({ name, url, typeDefs: parse(text) })),
  )
  if (!supergraphSdl) throw new Error(errors!.map((error) => error.message).join('\n'))
  const api = printSchema(Supergraph.build(supergraphSdl).apiSchema())
  const demands = await allDemands()
  const wrong = allRoutes(buildSchema(api)).flatMap((row) => contradiction(row, demands) ?? [])
  if (wrong.length > 0) throw new Error(wrong.join('\n'))
  return new Map([
    ...services.map(({ sdl, text }): [string, string] => [sdl, text]),
    ['schema/supergraph.graphql', `${supergraphSdl}\n`],
    ['schema/api.graphql', `${api}\n`],
    ['schema/operations.json', operationsOf(`${api}\n`)],
    ['web/src/graphql-env.d.ts', pageTypes(api)],
  ])
}

function pageTypes(api: string): string {
  const introspection = introspectionFromSchema(buildSchema(api), { descriptions: false })
  return outputIntrospectionFile(introspection, { fileType: '.d.ts', shouldPreprocess: true })
}

function read(file: string): string | null {
  try {
    return readFileSync(`${root}${file}`, 'utf8')
  } catch {
    return null
  }
}

if (import.meta.main) {
  const files = await compose()
  const stale = [...files].filter(([file, text]) => read(file) !== text)
  if (process.argv.includes('--check')) {
    for (const [file] of stale) console.error(`${file} differs from the code: run npm run compose`)
    const released = releasedSchema()
    const broken = released ? breakingChanges(released.sdl, files.get('schema/api.graphql')!) : []
    for (const change of broken)
      console.error(`${change}: breaks clients of ${released!.tag}; deprecate it first`)
    process.exitCode = stale.length + broken.length > 0 ? 1 : 0
  } else {
    for (const [file, text] of stale) {
      writeFileSync(`${root}${file}`, text)
      console.log(`wrote ${file}`)
    }
  }
}

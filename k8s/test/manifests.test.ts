import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { environment } from '#kit/env.ts'
import { root } from '#kit/register.ts'
import {
  base,
  find,
  labelsOf,
  manifests,
  ofKind,
  portOf,
  register,
  type Selector,
  selected,
  workloads,
} from './base.ts'
import { type Labels, type Manifest, parseManifests, readKustomization } from './render.ts'
import { faults } from './schemas.ts'

test('every manifest is one that Kubernetes knows, to the last key', async () => {
  assert.deepEqual((await Promise.all(manifests.map(faults))).flat(), [])
})

test('a misspelt key, a wrong type and a missing one are found', async () => {
  const broken = structuredClone(find('Deployment', 'nexus-gateway'))
  const [container] = broken.spec.template.spec.containers
  Object.assign(container!, { livnessProbe: {} })
  Object.assign(container!.ports![0]!, { containerPort: 'http' })
  delete broken.spec.selector
  assert.equal((await faults(broken)).length, 3)
})

test('the kustomization lists every file', () => {
  const { resources, patches } = readKustomization(base)
  const listed = [...resources, ...patches.map(({ path }) => path), 'kustomization.yaml']
  assert.deepEqual(listed.sort(), globSync('**/*.yaml', { cwd: base }).sort())
})

test('every subgraph of the register has its deployment, its service and its address', () => {
  const { data = {} } = find('ConfigMap', 'nexus')
  const others = ['nexus-gateway', 'nexus-worker', 'nexus-web']
  const served = ofKind('Deployment').filter((each) => !others.includes(each.metadata.name))
  assert.deepEqual(
    served.map(({ metadata }) => metadata.name).sort(),
    register.map(({ name }) => `nexus-${name}`).sort(),
  )
  for (const { name, url } of register) {
    const [container] = find('Deployment', `nexus-${name}`).spec.template.spec.containers
    const port = portOf(url)
    assert.deepEqual(container!.args, ['subgraphs/main.ts', name, 'serve'])
    assert.deepEqual(container!.ports, [
      { name: 'http', containerPort: port },
      { name: 'metrics', containerPort: Number(data.METRICS_PORT) },
    ])
    const { spec } = find('Service', `nexus-${name}`)
    assert.deepEqual(spec.ports, [{ name: 'http', port, targetPort: 'http' }])
    assert.equal(data[`NEXUS_${name.toUpperCase()}_URL`], `http://nexus-${name}:${port}/graphql`)
  }
})

test('the worker is asked how it is on the port of its metrics, and serves nothing', () => {
  const { data = {} } = find('ConfigMap', 'nexus')
  const { template, replicas } = find('Deployment', 'nexus-worker').spec
  const [container] = template.spec.containers
  assert.deepEqual(container!.args, ['subgraphs/main.ts', 'all', 'work'])
  assert.deepEqual(container!.ports, [{ name: 'metrics', containerPort: Number(data.METRICS_PORT) }])
  for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe'] as const)
    assert.equal(container![probe]?.httpGet.port, 'metrics')
  assert.equal(replicas, 2)
  assert.ok(!ofKind('Service').some(({ metadata }) => metadata.name === 'nexus-worker'))
})

test('the page is served apart, by who asks nobody', () => {
  const { template } = find('Deployment', 'nexus-web').spec
  const [container] = template.spec.containers
  assert.deepEqual(container!.args, ['gateway/page.ts'])
  assert.equal(container!.ports![0]!.containerPort, 4000)
  const { spec } = find('NetworkPolicy', 'nexus-web')
  assert.deepEqual([spec.policyTypes, spec.egress], [['Ingress'], undefined])
})

test('services, deployments, budgets and the autoscaler select what is there', () => {
  for (const each of workloads) {
    const { matchLabels } = (each.spec.selector ?? {}) as { matchLabels?: Labels }
    if (each.kind === 'Deployment')
      assert.deepEqual(matchLabels, { 'app.kubernetes.io/name': each.metadata.name })
    assert.deepEqual(labelsOf(each), each.metadata.labels)
  }
  for (const { metadata, spec } of ofKind('Service'))
    assert.deepEqual(
      selected({ matchLabels: spec.selector as Labels }),
      [metadata.name],
      `the service ${metadata.name}`,
    )
  for (const { spec, metadata } of ofKind('PodDisruptionBudget'))
    assert.notDeepEqual(selected(spec.selector as Selector), [], metadata.name)
  for (const { spec } of ofKind('HorizontalPodAutoscaler')) {
    const { kind, name } = spec.scaleTargetRef as { kind: string; name: string }
    assert.equal(find(kind, name).spec.replicas, undefined)
  }
})

test('pods are admitted by the restricted standard, and read nothing but their own', () => {
  for (const { spec, metadata } of workloads) {
    const pod = spec.template.spec
    assert.equal(pod.automountServiceAccountToken, false, metadata.name)
    assert.equal(pod.securityContext.runAsNonRoot, true)
    assert.ok((pod.securityContext.runAsUser as number) > 0)
    assert.deepEqual(pod.securityContext.seccompProfile, { type: 'RuntimeDefault' })
    for (const host of ['hostNetwork', 'hostPID', 'hostIPC']) assert.equal(pod[host], undefined)
    for (const volume of pod.volumes)
      assert.ok('emptyDir' in volume || 'persistentVolumeClaim' in volume, JSON.stringify(volume))
    for (const { securityContext } of pod.containers)
      assert.deepEqual(securityContext, {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      })
  }
})

test('containers have limits, the one image of this version, and servers have probes', () => {
  const { version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as { version: string }
  for (const { kind, metadata, spec } of workloads)
    for (const { image, resources, startupProbe, livenessProbe, readinessProbe } of spec.template.spec
      .containers) {
      assert.equal(image, `nexus:${version}`)
      for (const bound of [resources?.requests, resources?.limits])
        assert.deepEqual(Object.keys(bound ?? {}).sort(), ['cpu', 'memory'])
      if (kind === 'Job') continue
      assert.equal(startupProbe?.httpGet.path, '/health/live')
      assert.equal(livenessProbe?.httpGet.path, '/health/live')
      // The gateway is of use while a subgraph is away.
      const ready = metadata.name === 'nexus-gateway' ? '/health/live' : '/health/ready'
      assert.equal(readinessProbe?.httpGet.path, ready)
      assert.deepEqual(spec.strategy, {
        type: 'RollingUpdate',
        rollingUpdate: { maxUnavailable: 1, maxSurge: 1 },
      })
    }
})

test('no secret stands in a manifest, and only the migrations know the owner of the database', () => {
  assert.deepEqual(ofKind('Secret'), [])
  const { data = {} } = find('ConfigMap', 'nexus')
  for (const value of Object.values(data)) assert.doesNotMatch(value, /:\/\/[^/]*@/)
  for (const { kind, metadata, spec } of workloads) {
    const variables = spec.template.spec.containers.flatMap(({ env = [] }) => env)
    for (const { value } of variables) assert.equal(value, undefined)
    const secrets = variables.map(({ valueFrom }) => valueFrom?.secretKeyRef?.key).sort()
    const own = kind === 'Job' ? 'owner-database-url' : 'redis-url'
    const known = ['nexus-secret', 'nexus-secret-previous', own]
    assert.deepEqual(secrets, metadata.name === 'nexus-web' ? [] : known.sort())
  }
})

test('variables are those that Nexus reads', () => {
  const known = new Set([
    ...Object.keys(environment),
    ...register.map(({ name }) => `NEXUS_${name.toUpperCase()}_URL`),
  ])
  const variables = workloads.flatMap(({ spec }) =>
    spec.template.spec.containers.flatMap(({ env = [] }) => env.map(({ name }) => name)),
  )
  for (const name of [...variables, ...Object.keys(find('ConfigMap', 'nexus').data!)])
    assert.ok(known.has(name), name)
})

/** Who has the volume of a claim, and where. */
const holdersOf = (claimName: string) =>
  workloads.flatMap(({ metadata, spec }) => {
    const { volumes, containers } = spec.template.spec
    const volume = volumes.find(({ persistentVolumeClaim }) =>
      isDeepStrictEqual(persistentVolumeClaim, { claimName }),
    )
    const mounts = containers[0]!.volumeMounts!.filter(({ name }) => name === volume?.name)
    return mounts.map(({ mountPath }) => `${metadata.name} ${mountPath}`)
  })

test('the gateway, integrations and the worker share the folder of files, and nobody else has it', () => {
  const { NEXUS_DATA_DIR } = find('ConfigMap', 'nexus').data!
  assert.deepEqual(
    holdersOf('nexus-uploads').sort(),
    ['gateway', 'integrations', 'worker'].map((name) => `nexus-${name} ${NEXUS_DATA_DIR}`),
  )
})

test('who erases, who erases again and who signs checkpoints share the records, and nobody else has them', () => {
  const { NEXUS_ERASURE_DIR, NEXUS_CHECKPOINT_DIR } = find('ConfigMap', 'nexus').data!
  assert.deepEqual(
    holdersOf('nexus-records').sort(),
    ['identity', 'migrate', 'worker'].map((name) => `nexus-${name} ${NEXUS_ERASURE_DIR}`),
  )
  assert.ok(NEXUS_CHECKPOINT_DIR!.startsWith(`${NEXUS_ERASURE_DIR}/`))
})

/** kubectl brings its kustomize; from 1.28 on it knows all that the base uses. */
function knowing(command: string): boolean {
  const { stdout, status } = spawnSync(command, ['version', '--client', '-o', 'json'], { encoding: 'utf8' })
  if (status !== 0) return false
  const { clientVersion } = JSON.parse(stdout) as { clientVersion?: { major: string; minor: string } }
  return clientVersion?.major === '1' && Number.parseInt(clientVersion.minor, 10) >= 28
}

if (knowing('kubectl'))
  test('kubectl renders the same', () => {
    const { stdout, stderr, status } = spawnSync('kubectl', ['kustomize', base], { encoding: 'utf8' })
    assert.equal(status, 0, stderr)
    assert.deepEqual(sorted(parseManifests(stdout)), sorted(manifests))
  })

/** Without the order of manifests, variables, mounts and volumes, which says nothing. */
function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (!Array.isArray(value))
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, sorted(inner)]))
  const isNamed = value.every((item) => typeof item === 'object')
  const items = value.map(sorted)
  return isNamed ? items.sort((a, b) => (JSON.stringify(key(a)) < JSON.stringify(key(b)) ? -1 : 1)) : items
}

const key = (item: unknown) => {
  const { kind, name, metadata } = item as Partial<Manifest> & { name?: string }
  return [kind, metadata?.name, name] as const
}

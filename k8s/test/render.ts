/** What kustomize makes of a base, as far as ours goes: resources, and strategic merge patches by target. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, parseAllDocuments } from 'yaml'

type Tree = { [key: string]: unknown }
export type Labels = Record<string, string>
export type Container = {
  name: string
  image: string
  args: string[]
  env?: { name: string; value?: string; valueFrom?: { secretKeyRef?: { name: string; key: string } } }[]
  envFrom?: { configMapRef?: { name: string } }[]
  ports?: { name: string; containerPort: number }[]
  resources?: { requests?: Labels; limits?: Labels }
  securityContext?: Tree
  volumeMounts?: { name: string; mountPath: string }[]
} & Partial<Record<'startupProbe' | 'livenessProbe' | 'readinessProbe', { httpGet: Tree }>>
export type Pod = {
  metadata: { labels: Labels }
  spec: Tree & { containers: Container[]; volumes: Tree[]; securityContext: Tree }
}
export type Manifest = {
  apiVersion: string
  kind: string
  metadata: { name: string; namespace?: string; labels?: Labels }
  spec: Tree & { template: Pod }
  data?: Labels
}
type Target = { kind?: string; name?: string; labelSelector?: string }
export type Kustomization = { resources: string[]; patches: { path: string; target: Target }[] }

export const readKustomization = (folder: string): Kustomization =>
  parse(readFileSync(join(folder, 'kustomization.yaml'), 'utf8')) as Kustomization

export const readManifests = (file: string): Manifest[] => parseManifests(readFileSync(file, 'utf8'))

export const parseManifests = (text: string): Manifest[] =>
  parseAllDocuments(text).map((document) => {
    if (document.errors[0]) throw document.errors[0]
    return document.toJS() as Manifest
  })

export function render(folder: string): Manifest[] {
  const { resources, patches } = readKustomization(folder)
  let manifests = resources.flatMap((file) => readManifests(join(folder, file)))
  for (const { path, target } of patches) {
    const [{ metadata, ...patch }] = readManifests(join(folder, path)) as [Manifest]
    const { name: _, ...changed } = metadata
    const { apiVersion: _api, kind: _kind, ...rest } = { ...patch, metadata: changed }
    manifests = manifests.map((each) => (matches(target, each) ? (merge(each, rest) as Manifest) : each))
  }
  return manifests
}

function matches({ kind = '.*', name = '.*', labelSelector }: Target, { kind: of, metadata }: Manifest) {
  const whole = (pattern: string, text: string) => new RegExp(`^(?:${pattern})$`).test(text)
  const [, label = '', not, value] = /^([^!=]+)(!?)=(.*)$/.exec(labelSelector ?? '') ?? []
  const labelled = !labelSelector || (metadata.labels?.[label] === value) === (not === '')
  return whole(kind, of) && whole(name, metadata.name) && labelled
}

const isTree = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
/** Kubernetes merges lists of containers, variables and volumes by their name, mounts by their path. */
const keyOf = (item: unknown) => (isTree(item) ? (item.mountPath ?? item.name) : undefined)

function merge(base: unknown, patch: unknown): unknown {
  if (isTree(base) && isTree(patch)) {
    const changed = Object.entries(patch).map(([key, value]) => [key, merge(base[key], value)])
    return { ...base, ...Object.fromEntries(changed) }
  }
  if (!Array.isArray(base) || !Array.isArray(patch) || !patch.every(keyOf)) return patch
  const kept = base.map((item) => {
    const change = patch.find((each) => keyOf(each) === keyOf(item))
    return change ? merge(item, change) : item
  })
  return [...kept, ...patch.filter((each) => !base.some((item) => keyOf(item) === keyOf(each)))]
}

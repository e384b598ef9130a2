/** The base as it is rendered, and what its tests ask of it. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { readRegister, root } from '#kit/register.ts'
import { type Labels, type Manifest, render } from './render.ts'

export const base = join(root, 'k8s/base')
export const register = readRegister({})
export const manifests = render(base)
export const ofKind = (kind: string) => manifests.filter((each) => each.kind === kind)
export const find = (kind: string, name: string): Manifest => {
  const found = ofKind(kind).find(({ metadata }) => metadata.name === name)
  assert.ok(found, `no ${kind} ${name}`)
  return found
}
export const workloads = [...ofKind('Deployment'), ...ofKind('Job')]
export const labelsOf = ({ spec }: Manifest): Labels => spec.template.metadata.labels
export const portOf = (url: string) => Number(new URL(url).port)

export type Selector = {
  matchLabels?: Labels
  matchExpressions?: { key: string; operator: string; values: string[] }[]
}

/** The workloads whose pods a selector means. */
export function selected({ matchLabels = {}, matchExpressions = [] }: Selector): string[] {
  const means = (labels: Labels) =>
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator, values }) => {
      assert.equal(operator, 'In')
      return values.includes(labels[key] ?? '')
    })
  return workloads.filter((each) => means(labelsOf(each))).map(({ metadata }) => metadata.name)
}

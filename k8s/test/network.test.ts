import assert from 'node:assert/strict'
import { test } from 'node:test'
import { find, ofKind, portOf, register, type Selector, selected, workloads } from './base.ts'

type Peer = { podSelector?: Selector; namespaceSelector?: Selector; ipBlock?: unknown }
type Rule = { from?: Peer[]; to?: Peer[]; ports: { port: number; endPort?: number }[] }

/** Whether pods of one workload reach the port of another by the policies, on both sides. */
function reaches(from: string, to: string, port: number): boolean {
  const policies = ofKind('NetworkPolicy').map(
    ({ spec }) => spec as unknown as { podSelector: Selector; ingress?: Rule[]; egress?: Rule[] },
  )
  const passes = (side: 'ingress' | 'egress', self: string, peer: string) =>
    policies
      .filter(({ podSelector }) => selected(podSelector).includes(self))
      .flatMap((policy) => policy[side] ?? [])
      .some(({ from, to, ports }) => {
        const peers = side === 'ingress' ? from : to
        const met =
          !peers || peers.some(({ podSelector }) => podSelector && selected(podSelector).includes(peer))
        return met && ports.some((each) => port >= each.port && port <= (each.endPort ?? each.port))
      })
  return passes('egress', from, to) && passes('ingress', to, from)
}

test('the network lets through what Nexus does, and nothing else', () => {
  for (const { metadata, spec } of ofKind('NetworkPolicy')) {
    const {
      podSelector,
      ingress = [],
      egress = [],
    } = spec as unknown as { podSelector: Selector } & Record<'ingress' | 'egress', Rule[]>
    const rules = [...ingress, ...egress]
    const peers = rules.flatMap(({ from = [], to = [] }) => [...from, ...to])
    const selectors = peers.flatMap((peer) => peer.podSelector ?? [])
    for (const selector of [podSelector, ...selectors])
      assert.notDeepEqual(selected(selector), [], `${metadata.name} selects nobody`)
  }
  const { podSelector, policyTypes, ...open } = find('NetworkPolicy', 'nexus-deny').spec
  assert.deepEqual(
    selected(podSelector as Selector).sort(),
    workloads.map((each) => each.metadata.name).sort(),
  )
  assert.deepEqual([policyTypes, open], [['Ingress', 'Egress'], {}])

  const targets = register.map(({ name, url }) => ({ name: `nexus-${name}`, port: portOf(url) }))
  const ways = workloads.flatMap(({ metadata: { name: from } }) =>
    targets.filter(({ name, port }) => reaches(from, name, port)).map(({ name }) => `${from} > ${name}`),
  )
  const wanted = [
    ...['nexus-gateway', 'nexus-worker'].flatMap((from) => targets.map(({ name }) => `${from} > ${name}`)),
    ...['assets', 'vulns', 'compliance'].map((name) => `nexus-integrations > nexus-${name}`),
  ]
  assert.deepEqual(ways.sort(), wanted.sort())
})

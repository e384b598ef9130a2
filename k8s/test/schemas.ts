/** Kubernetes' own schemas, as npm has them: what a manifest breaks of them, and what they do not know. */
import type { Manifest } from './render.ts'

type Validate = ((data: unknown) => boolean) & {
  errors?: { instancePath: string; keyword: string; params: unknown }[] | null
}

const groups: Record<string, string> = {
  v1: 'CoreV1',
  'apps/v1': 'AppsV1',
  'batch/v1': 'BatchV1',
  'policy/v1': 'PolicyV1',
  'autoscaling/v2': 'AutoscalingV2',
  'networking.k8s.io/v1': 'NetworkingV1',
}

/** One line for each fault; an API version or kind that has no schema throws. */
export async function faults(manifest: Manifest): Promise<string[]> {
  const { apiVersion, kind, metadata } = manifest
  const group = groups[apiVersion]
  if (!group) throw new Error(`${apiVersion} is not an API of ours`)
  const { validate } = (await import(`kubernetes-models/_schemas/IoK8sApi${group}${kind}`)) as {
    validate: Validate
  }
  const seen = new Map<object, Set<string | symbol>>()
  const valid = validate(watched(manifest, seen))
  const broken = (valid ? [] : (validate.errors ?? [])).map(
    (error) => `${error.instancePath} ${error.keyword} ${JSON.stringify(error.params)}`,
  )
  return [...broken, ...unread(manifest, seen)].map((fault) => `${kind} ${metadata.name}: ${fault}`)
}

// The schemas allow what they do not know, and a cluster drops it without a word. So it is noted which keys
// the validation looks at: a key that it never reads is misspelt or in the wrong place.
function watched<Value>(value: Value, seen: Map<object, Set<string | symbol>>): Value {
  if (typeof value !== 'object' || value === null) return value
  const keys = seen.get(value) ?? new Set()
  seen.set(value, keys)
  return new Proxy(value, {
    get(target, key) {
      keys.add(key)
      return watched(Reflect.get(target, key), seen)
    },
  })
}

function unread(value: unknown, seen: Map<object, Set<string | symbol>>, path = ''): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) =>
    seen.get(value)?.has(key) ? unread(inner, seen, `${path}/${key}`) : [`${path}/${key} is unknown`],
  )
}

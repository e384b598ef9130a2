import type { SubgraphError, SubgraphResponse } from '#kit/transport.ts'

const mostErrors = 100

/**
 * Asks for entities in several calls at once where they are many, and joins what comes back. A part that fails
 * leaves the entities of the others.
 * @param most how many entities one call may ask for
 */
export async function inChunks(
  representations: readonly unknown[],
  most: number,
  ask: (chunk: readonly unknown[]) => Promise<SubgraphResponse>,
): Promise<SubgraphResponse> {
  if (representations.length <= most) return ask(representations)
  const chunks = Array.from({ length: Math.ceil(representations.length / most) }, (_, index) =>
    representations.slice(index * most, (index + 1) * most),
  )
  const answers = await Promise.all(chunks.map(ask))
  const entities: unknown[] = []
  const errors: SubgraphError[] = []
  answers.forEach(({ data, errors: told }, index) => {
    const { length } = chunks[index]!
    const first = entities.length
    const found = data?._entities
    const isWhole = Array.isArray(found) && found.length === length
    for (let place = 0; place < length; place++) entities.push(isWhole ? found[place] : null)
    if (Array.isArray(told))
      errors.push(...told.flatMap((error) => placed(error, first, isWhole ? 0 : length)))
  })
  return { data: { _entities: entities }, ...(errors.length > 0 && { errors }) }
}

/** An error at the place of its entity among all; one of no entity is that of all that were `lost` with it. */
function placed(error: SubgraphError, first: number, lost: number): SubgraphError[] {
  const [field, place, ...rest] = Array.isArray(error?.path) ? error.path : []
  if (field === '_entities' && typeof place === 'number')
    return [{ ...error, path: [field, first + place, ...rest] }]
  if (lost === 0) return [error]
  return Array.from({ length: Math.min(lost, mostErrors) }, (_, index) => ({
    ...error,
    path: ['_entities', first + index],
  }))
}

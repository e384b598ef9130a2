import type { createBuilder } from './builder.ts'

/** An entity of another subgraph that is only pointed at, never extended: its key is all that is known. */
export function pointer<Tables>(builder: ReturnType<typeof createBuilder<Tables>>, name: string) {
  const ref = builder.externalRef(name, builder.keyDirective(builder.selection<{ id: string }>('id'), false))
  ref.implement({ needs: 'inherited', externalFields: (t) => ({ id: t.id({ nullable: false }) }) })
  return ref
}

/** The key of an entity elsewhere, or null where the column is empty. */
export const to = (id: string | null): { id: string } | null => (id === null ? null : { id })

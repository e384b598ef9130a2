import { newId } from '#kit/id.ts'
import type { Values } from './documents.ts'
import type { Scratch } from './scratch.ts'

/** Ids of the victim that are named, and what else an attacker may say of it. */
export type Names = {
  /** Every id of a named row, with the place that it is from; no two are the same. */
  ids: [id: string, place: string][]
  /** The one that an argument most likely means. */
  like(argument: string, noun: string): string
  absent: string
  /** Values that name the victim, or nobody. */
  values(id: string): Values
}

const plural = (noun: string) => (noun.endsWith('y') ? `${noun.slice(0, -1)}ies` : `${noun}s`)
const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

export function namesOf({ named, secrets, victim, relations }: Scratch): Names {
  const ids = new Map<string, string>([[victim.id, 'identity.organizations.id']])
  for (const [name, row] of named) {
    const relation = relations.find((each) => each.name === name)
    if (!relation?.tenant) continue
    if (typeof row.id === 'string' && !ids.has(row.id)) ids.set(row.id, `${name}.id`)
  }
  const of = (noun: string) => [...ids].find(([, place]) => place.split('.')[1] === plural(snake(noun)))?.[0]
  const first = [...ids.keys()][1] ?? victim.id
  return {
    ids: [...ids],
    absent: newId(),
    like(argument, noun) {
      const lower = noun[0]!.toLowerCase() + noun.slice(1)
      return (argument === 'id' ? of(lower) : of(argument.replace(/Id$/, ''))) ?? of(lower) ?? first
    },
    values: (id) => ({
      id: () => id,
      // What the victim's texts begin with: a search finds them, where it finds what is the victim's.
      text: (name) =>
        /email/i.test(name) ? `${secrets.canaries.prefix}@example.test` : secrets.canaries.prefix,
    }),
  }
}

const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi
const time = /\d{4}-\d\d-\d\dT[\d:.]+Z/g
const random = /[A-Za-z0-9_.-]{40,}/g

/** An answer without what differs from one to the next: ids, times, and what is drawn by lot. */
export const plain = (text: string): string =>
  text.replace(uuid, 'UUID').replace(time, 'TIME').replace(random, 'RANDOM')

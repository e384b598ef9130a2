/** An object of an answer. Its names are those of a client or a subgraph, so any name may be among them. */
export type Fields = Record<string, unknown>

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Whether every object has something of this name, so that a plain look would find what nobody answered. */
export const isInherited = (name: string): boolean => name in Object.prototype

/** What an object has itself under a name. */
export const get = (of: Fields, name: string): unknown =>
  isInherited(name) && !Object.hasOwn(of, name) ? undefined : of[name]

/** Gives an object a value of its own under any name; a plain assignment to `__proto__` would not. */
export function set(of: Fields, name: string, value: unknown): void {
  if (name === '__proto__')
    Object.defineProperty(of, name, { value, writable: true, enumerable: true, configurable: true })
  else of[name] = value
}

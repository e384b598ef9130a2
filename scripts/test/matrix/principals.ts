/** Those who ask: a member of each role, nobody, and keys. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { permissions } from '#kit/viewer.ts'
import { password, type TestHouse, type Visitor } from '../../test-house.ts'
import { members, type Row, type Who } from './words.ts'

/** A column of the matrix. */
export type Principal = Who | 'key' | 'other key'
export const principals: readonly Principal[] = [...members, 'anonymous', 'key', 'other key']

export const may = (principal: Principal, { may, key }: Pick<Row, 'may' | 'key'>): boolean => {
  if (principal === 'key') return key !== 'no'
  if (principal === 'other key') return key === 'any'
  return may.includes(principal)
}

/** What a key holds: exactly what the row says, or all but that; all of it where nothing is asked. */
export function scopesOf(principal: 'key' | 'other key', key: Row['key']): readonly string[] {
  if (key === 'no') return permissions
  if (key === 'any') return principal === 'key' ? ['assets:read'] : permissions
  const asked = [key].flat()
  return principal === 'key' ? asked : permissions.filter((each) => each !== asked[0])
}

/** Whether somebody reads a type; a key by what it holds. */
export const reads = (who: Principal, of: Pick<Row, 'may' | 'key'>, holds: readonly string[]): boolean => {
  if (who !== 'key' && who !== 'other key') return of.may.includes(who)
  return of.key === 'any' || (of.key !== 'no' && [of.key].flat().every((each) => holds.includes(each)))
}

export type Company = (principal: Principal, row: Pick<Row, 'key' | 'alone'>) => Promise<Visitor>

/** Whoever asks is made when they are needed, and asks again as the same one, unless they ask alone. */
export async function openCompany(house: TestHouse): Promise<Company> {
  const admin = await house.as('admin@acme.example')
  const known = new Map<string, Promise<Visitor>>()
  const keyWith = async (scopes: readonly string[]): Promise<Visitor> => {
    const { body } = await admin.rest('POST', '/api-keys', { name: 'Matrix', scopes })
    assert.ok(body.data?.key, JSON.stringify(body))
    return house.visitor(body.data.key)
  }
  const newcomer = async (role: string): Promise<Visitor> => {
    const email = `${randomUUID()}@example.com`
    await admin.rest('POST', '/users', { email, name: role, role, password })
    return house.as(email)
  }
  const once = (name: string, make: () => Promise<Visitor>) => {
    const visitor = known.get(name) ?? make()
    known.set(name, visitor)
    return visitor
  }
  return async (principal, { key, alone }) => {
    if (principal === 'anonymous') return house.anonymous
    if (principal === 'key' || principal === 'other key') {
      const scopes = scopesOf(principal, key)
      return once(scopes.join(), () => keyWith(scopes))
    }
    return alone ? newcomer(principal) : once(principal, () => house.as(`${principal}@acme.example`))
  }
}

import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  allowed,
  anonymous,
  type Member,
  mayOnSome,
  type Permission,
  passedOn,
  permissionsOf,
  type Role,
} from '#kit/viewer.ts'

const member = (role: Role): Member => ({
  kind: 'member',
  accountId: 'a',
  userId: 'u',
  organizationId: 'o',
  role,
  permissions: permissionsOf[role],
})

test('each role may do all that the one below it may, and an API key nothing by itself', () => {
  const { admin, manager, analyst, viewer, api } = permissionsOf
  for (const [above, below] of [
    [admin, manager],
    [manager, analyst],
    [analyst, viewer],
  ] as const)
    assert.ok(below.every((permission) => above.includes(permission)) && above.length > below.length)
  assert.deepEqual(api, [])
  for (const permissions of [admin, manager, analyst, viewer])
    assert.equal(new Set(permissions).size, permissions.length)
})

test('roles differ where the platform says they do', () => {
  const table: [Permission, Role[]][] = [
    ['alerts:read', ['admin', 'manager', 'analyst', 'viewer']],
    ['alerts:write', ['admin', 'manager', 'analyst']],
    ['reports:create', ['admin', 'manager', 'analyst']],
    ['vulnerabilities:import', ['admin', 'manager']],
    ['users:write', ['admin', 'manager']],
    ['organization:write', ['admin']],
    ['apikeys:write', ['admin', 'manager']],
    ['apikeys:manage', ['admin']],
    ['audit:read', ['admin']],
  ]
  for (const [permission, roles] of table) {
    for (const role of ['admin', 'manager', 'analyst', 'viewer', 'api'] as const) {
      if (roles.includes(role)) assert.equal(allowed(member(role), permission).role, role)
      else
        assert.throws(() => allowed(member(role), permission), { code: 'FORBIDDEN' }, `${role} ${permission}`)
    }
    assert.throws(() => allowed(anonymous, permission), { code: 'UNAUTHENTICATED' })
  }
})

test('who gives a role passes on no more than they have', () => {
  assert.deepEqual(passedOn('analyst', 'admin'), permissionsOf.analyst)
  assert.deepEqual(passedOn('admin', 'analyst').sort(), [...permissionsOf.analyst].sort())
  assert.deepEqual(passedOn('manager', 'api'), [])
})

test('who has grants may be let pass, to be asked of each object; nobody else who lacks it', () => {
  const viewer = member('viewer')
  assert.equal(mayOnSome(viewer, 'alerts:write'), false)
  assert.equal(mayOnSome({ ...viewer, hasGrants: true }, 'alerts:write'), true)
  assert.equal(mayOnSome(viewer, 'alerts:read'), true)
  assert.equal(mayOnSome(anonymous, 'alerts:read'), false)
})

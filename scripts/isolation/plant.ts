import type pg from 'pg'
import { newId } from '#kit/id.ts'
import type { Canaries } from './canary.ts'
import { inOrder, type Relation } from './catalogue.ts'
import type { Query } from './scratch.ts'
import { otherValues, type Row, valueFor } from './values.ts'

export type Unplanted = { table: string; why: string }
export type Planted = { rows: Map<string, Row>; unplanted: Unplanted[] }

const mostTries = 400
const insertion = (table: string, names: string[]) => {
  const columns = names.map((name) => `"${name}"`).join(', ')
  return `insert into ${table} (${columns}) select ${columns} from jsonb_populate_record(null::${table}, $1)
    returning to_jsonb(${table.split('.')[1]}.*) as row`
}
const insert = (query: Query, table: string, row: Row): Promise<Row | pg.DatabaseError> => {
  const given = Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined))
  return query(insertion(table, Object.keys(given)), [JSON.stringify(given)]).then(
    ([inserted]) => inserted!.row as Row,
    (error: pg.DatabaseError) => error,
  )
}

/** What else of the tenant a key could point to: two keys of one row may have to differ. */
async function pointedTo(query: Query, relation: Relation, row: Row, column: string): Promise<unknown[]> {
  const key = relation.foreignKeys.find(({ columns }) => columns.includes(column))
  const place = key?.columns.indexOf(column) ?? -1
  const tenant = key?.columns.indexOf(relation.tenant ?? '') ?? -1
  if (!key || tenant < 0 || tenant === place) return []
  const rows = await query(
    `select "${key.targetColumns[place]}" as value from ${key.target} where "${key.targetColumns[tenant]}" = $1 limit 3`,
    [row[relation.tenant!]],
  )
  return rows.map(({ value }) => value)
}

/** Other values for the columns of the check that refused a row, until another check refuses it or none. */
async function mended(query: Query, relation: Relation, row: Row, name: string, canaries: Canaries) {
  const check = relation.checks.find((each) => each.name === name)
  if (!check) return null
  const columns = check.columns.map((each) => relation.columns.find((column) => column.name === each)!)
  let rows: Row[] = [row]
  for (const column of columns.filter(({ isGenerated }) => !isGenerated)) {
    const known = await pointedTo(query, relation, row, column.name)
    rows = rows.flatMap((each) =>
      [...otherValues(relation, column, check, each[column.name], canaries), ...known].map((value) => ({
        ...each,
        [column.name]: value,
      })),
    )
  }
  for (const other of rows.slice(1, mostTries)) {
    const result = await insert(query, relation.name, other)
    if (!(result instanceof Error)) return { row: other, inserted: result }
    if (result.code === '23514' && result.constraint !== name) return { row: other, inserted: result }
  }
  return null
}

/** The same with higher numbers, for keys that count. */
const counted = ({ columns, foreignKeys }: Relation, row: Row): Row => {
  const isFree = (name: string) => !foreignKeys.some((key) => key.columns.includes(name))
  const numbers = columns.filter(
    ({ name, type, isGenerated }) => /^int/.test(type) && !isGenerated && isFree(name),
  )
  return { ...row, ...Object.fromEntries(numbers.map(({ name }) => [name, Number(row[name] ?? 0) + 1])) }
}

async function add(query: Query, relation: Relation, first: Row, canaries: Canaries): Promise<Row | string> {
  let row = first
  let result = await insert(query, relation.name, row)
  for (let times = 0; result instanceof Error && times < 12; times++) {
    if (result.code === '23505') {
      row = counted(relation, row)
      result = await insert(query, relation.name, row)
      continue
    }
    const found =
      result.code === '23514' && (await mended(query, relation, row, result.constraint ?? '', canaries))
    if (!found) return result.message
    row = found.row
    result = found.inserted
  }
  return result instanceof Error ? result.message : result
}

const plural = (noun: string) => (noun.endsWith('y') ? `${noun.slice(0, -1)}ies` : `${noun}s`)
/** Columns that name a member, whatever they call them. */
const isMember = (name: string) =>
  /_by$|^(user|assignee|owner|actor|member|subject|approver|person)_id$/.test(name)

/**
 * Writes one row into every table that is a tenant's, as the owner: its keys point to rows of the same tenant, its
 * texts are canaries, and the rest is as in a row that is there, or as the table's checks want it.
 */
export async function plant(
  query: Query,
  relations: readonly Relation[],
  organizationId: string,
  canaries: Canaries,
): Promise<Planted> {
  const tables = relations.filter(({ kind, isPartition }) => kind === 'table' && !isPartition)
  const rows = new Map<string, Row>()
  const unplanted: Unplanted[] = []
  const [organization] = await query(
    `select to_jsonb(o) as row from identity.organizations o where id = $1`,
    [organizationId],
  )
  rows.set('identity.organizations', organization!.row as Row)

  // Known before the rows are there: what crosses schemas is no key, and comes in any order.
  const ids = new Map(
    tables
      .filter(
        ({ columns, tenant }) => tenant === 'organization_id' && columns.some((each) => each.name === 'id'),
      )
      .map(({ name }) => [name, newId()]),
  )
  const referred = (column: string): unknown => {
    if (isMember(column)) return ids.get('identity.users')
    const noun = plural(column.replace(/_id$/, ''))
    return [...ids].find(([name]) => name.endsWith(`.${noun}`))?.[1]
  }
  const rowFor = (relation: Relation, like: Row): Row => {
    const row: Row = {}
    for (const column of relation.columns) {
      if (column.isGenerated) continue
      const { name, type } = column
      if (name === relation.tenant) row[name] = organizationId
      else if (type === 'uuid' && name !== 'id')
        row[name] = referred(name) ?? (column.isNullable ? undefined : newId())
      else
        row[name] =
          name === 'id'
            ? (ids.get(relation.name) ?? newId())
            : valueFor(relation, column, like[name], canaries)
    }
    for (const { columns, target, targetColumns } of relation.foreignKeys)
      columns.forEach((column, index) => {
        const there = rows.get(target)?.[targetColumns[index]!]
        if (column !== relation.tenant) row[column] = there ?? null
      })
    return row
  }
  const wanted = new Set(tables.filter(({ tenant }) => tenant !== null).map(({ name }) => name))
  const needed = new Set(
    tables.filter((t) => wanted.has(t.name)).flatMap((t) => t.foreignKeys.map(({ target }) => target)),
  )
  for (const relation of inOrder(tables)) {
    const { name, tenant } = relation
    if (rows.has(name) || !(wanted.has(name) || needed.has(name))) continue
    const [known] = await query(
      `select to_jsonb(t) as row from ${name} t ${tenant ? `order by t.${tenant} = $1 desc` : 'where $1::uuid is not null'} limit 1`,
      [organizationId],
    )
    const like = (known?.row ?? {}) as Row
    // A catalogue that is everybody's has what a key may point to.
    if (!wanted.has(name) && known && name !== 'identity.accounts') {
      rows.set(name, like)
      continue
    }
    const added = await add(query, relation, rowFor(relation, like), canaries)
    const isTheirs = tenant !== null && like[tenant] === organizationId
    // There is one for each tenant, and it is there.
    if (typeof added === 'string' && isTheirs && added.includes('duplicate key')) rows.set(name, like)
    else if (typeof added === 'string') unplanted.push({ table: name, why: added })
    else rows.set(name, added)
  }
  return { rows, unplanted }
}

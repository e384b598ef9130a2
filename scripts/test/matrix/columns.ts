/** Every column of the database, put into everything that can be sent: what takes it says so by hand, and the rest refuses it. */
import {
  coerceInputValue,
  type GraphQLInputObjectType,
  type GraphQLInputType,
  type GraphQLSchema,
  getNamedType,
  isInputObjectType,
} from 'graphql'
import { NexusError } from '#kit/errors.ts'
import { type Route, read } from '../../../gateway/rest/route.ts'
import type { Owner } from '../owner.ts'

const camel = (name: string) => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())

/** The names of all columns of those schemas, as the database has them and as the graph would. */
export async function columnsOf(owner: Owner, schemas: readonly string[]): Promise<string[]> {
  const { rows } = await owner.query(
    `select distinct column_name as name from information_schema.columns
     where table_schema = any($1) order by 1`,
    [schemas],
  )
  return [...new Set(rows.flatMap(({ name }) => [name, camel(name)]))]
}

/** All inputs that mutations take, and those inside them. */
export function inputsOf(schema: GraphQLSchema): GraphQLInputObjectType[] {
  const found = new Set<GraphQLInputObjectType>()
  const visit = (type: GraphQLInputType) => {
    const named = getNamedType(type)
    if (!isInputObjectType(named) || found.has(named)) return
    found.add(named)
    for (const field of Object.values(named.getFields())) visit(field.type)
  }
  for (const { args } of Object.values(schema.getMutationType()!.getFields()))
    for (const { type } of args) visit(type)
  return [...found]
}

/** Which of the names an input does not refuse. */
export function takenBy(input: GraphQLInputObjectType, names: readonly string[]): string[] {
  return names.filter((name) => {
    const refused: string[] = []
    coerceInputValue({ [name]: null }, input, (_path, _value, { message }) => void refused.push(message))
    return !refused.some((message) => message.includes(`Field "${name}" is not defined`))
  })
}

/** Which of the names the body of a route does not refuse; null where it reads none. */
export function takenByRow(row: Route, names: readonly string[]): string[] | null {
  if (!row.body) return null
  const refused = new Set<string>()
  const body = Object.fromEntries(names.map((name) => [name, null]))
  try {
    read({ body: row.body }, { params: {}, query: {}, body } as never)
  } catch (error) {
    if (!(error instanceof NexusError)) throw error
    const details = error.extensions.details as { field: string; message: string }[]
    for (const { field, message } of details) if (message === 'There is no such parameter') refused.add(field)
  }
  return names.filter((name) => !refused.has(name))
}

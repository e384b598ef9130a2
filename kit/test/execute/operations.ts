import {
  type GraphQLNamedType,
  type GraphQLObjectType,
  getNamedType,
  isAbstractType,
  isInterfaceType,
  isObjectType,
} from 'graphql'
import { isComposite, schema } from './graph.ts'

/** Draws a whole number below another. */
export type Draw = (most: number) => number

export const variables = 'query($t: String = "given", $n: Int, $o: Order, $i: [ID!])'
const given = [
  '',
  '',
  '(text: "written", count: 3)',
  '(text: $t, count: $n)',
  '(order: { by: $t, of: [1, $n], severity: HIGH })',
  '(order: $o, ids: $i)',
  '(ids: ["a", "b"], text: null)',
]
const aliases = ['', '', '', 'a: ', 'b: ', '__proto__: ', 'constructor: ', 'toString: ']

/** A document as somebody could write it, valid but for names that stand for two fields. */
export function documentOf(draw: Draw, kind: 'query' | 'mutation'): string {
  const fragments: string[] = []
  let left = 60
  const fieldsOf = (type: GraphQLNamedType, depth: number): string => {
    const selections: string[] = []
    const many = 1 + draw(5)
    for (let index = 0; index < many && left > 0; index++) selections.push(selection(type, depth))
    return selections.length > 0 ? selections.join(' ') : '__typename'
  }
  const conditionOn = (type: GraphQLNamedType): GraphQLNamedType => {
    const types = [type, ...['One', 'Two', 'Three', 'Named', 'Some'].map((name) => schema.getType(name)!)]
    const fits = types.filter((each) => isPossible(type, each))
    return fits[draw(fits.length)]!
  }
  const selection = (type: GraphQLNamedType, depth: number): string => {
    left--
    const way = draw(10)
    if (way === 0) return '__typename'
    if (way === 1 && depth < 5) {
      const on = conditionOn(type)
      return `... on ${on.name} { ${fieldsOf(on, depth + 1)} }`
    }
    if (way === 2 && depth < 5) {
      const on = conditionOn(type)
      const name = `F${fragments.length}`
      fragments.push('')
      fragments[Number(name.slice(1))] = `fragment ${name} on ${on.name} { ${fieldsOf(on, depth + 1)} }`
      return `...${name} ...${name}`
    }
    if (!isObjectType(type)) return isInterfaceType(type) ? 'byName' : '__typename'
    return field(type, depth)
  }
  const field = (type: GraphQLObjectType, depth: number): string => {
    const all = Object.values(type.getFields())
    const of = all[draw(all.length)]!
    const parts = isComposite(of.type)
    if (parts && depth > 4) return 'byName'
    const alias = aliases[draw(aliases.length)]!
    const written = of.args.length > 0 ? given[draw(given.length)]! : ''
    return `${alias}${of.name}${written}${parts ? ` { ${fieldsOf(getNamedType(of.type), depth + 1)} }` : ''}`
  }
  const text = fieldsOf(kind === 'query' ? schema.getQueryType()! : schema.getMutationType()!, 0)
  return `${kind} Q${variables.slice(5)} { ${text} } ${fragments.join(' ')}`
}

function isPossible(type: GraphQLNamedType, other: GraphQLNamedType): boolean {
  const namesOf = (of: GraphQLNamedType) =>
    isAbstractType(of) ? schema.getPossibleTypes(of).map(({ name }) => name) : [of.name]
  return namesOf(type).some((name) => namesOf(other).includes(name))
}

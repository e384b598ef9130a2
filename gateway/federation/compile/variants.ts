import type {
  FetchDataRewrite,
  FetchNode,
  PlanNode,
  QueryPlan,
  QueryPlanSelectionNode,
} from '@apollo/query-planner'
import {
  type DocumentNode,
  Kind,
  parse,
  print,
  type SelectionNode,
  type SelectionSetNode,
  visit,
} from 'graphql'
import type { Plannable } from './plannable.ts'

/** What one call can be told of required fields: at each place one variant. */
type Bin = Map<string, string>

/**
 * A plan in the words of the subgraphs, made for a plannable supergraph: variants are asked for as the fields that
 * they stand for, and sent under their names. A call that would need two variants of one field becomes two.
 */
export function withVariants(plan: QueryPlan, plannable: Plannable): QueryPlan {
  if (plannable.variants.size === 0 || !plan.node) return plan
  const { node } = plan
  if (node.kind !== 'Subscription') return { ...plan, node: translated(node, plannable) }
  const { primary, rest } = node
  const told = { ...node, primary: asked(primary, plannable) }
  return { ...plan, node: rest ? { ...told, rest: translated(rest, plannable) } : told }
}

function translated(node: PlanNode, plannable: Plannable): PlanNode {
  const inner = (of: PlanNode) => translated(of, plannable)
  switch (node.kind) {
    case 'Fetch':
      return asked(node, plannable)
    case 'Flatten': {
      if (node.node.kind !== 'Fetch' || !node.node.requires) return { ...node, node: inner(node.node) }
      const [one, ...more] = parts(node.node, plannable).map((part) => ({
        ...node,
        node: sent(asked(part, plannable), plannable),
      }))
      return more.length === 0 ? one! : { kind: 'Parallel', nodes: [one!, ...more] }
    }
    case 'Sequence':
    case 'Parallel':
      return { ...node, nodes: node.nodes.map(inner) }
    case 'Condition': {
      const { ifClause, elseClause } = node
      return {
        ...node,
        ...(ifClause && { ifClause: inner(ifClause) }),
        ...(elseClause && { elseClause: inner(elseClause) }),
      }
    }
    case 'Defer':
      return node
  }
}

/** A call that asks for what variants stand for, under the variants' names. */
function asked(node: FetchNode, { variants }: Plannable): FetchNode {
  const document = parse(node.operation, { noLocation: true })
  let isChanged = false
  const own: DocumentNode = visit(document, {
    Field(field) {
      const variant = variants.get(field.name.value)
      if (!variant) return undefined
      isChanged = true
      return {
        ...field,
        alias: field.alias ?? { kind: Kind.NAME, value: variant.name },
        name: { kind: Kind.NAME, value: variant.of },
        arguments: variant.arguments,
      }
    },
  })
  return isChanged ? { ...node, operation: print(own) } : node
}

/** A call whose representations have what it requires under the names that its subgraph knows. */
function sent(node: FetchNode, { variants }: Plannable): FetchNode {
  const renames: FetchDataRewrite[] = []
  const walk = (selections: readonly QueryPlanSelectionNode[], path: string[]) => {
    for (const selection of selections) {
      if (selection.kind === 'InlineFragment')
        walk(
          selection.selections,
          selection.typeCondition ? [...path, `... on ${selection.typeCondition}`] : path,
        )
      else {
        if (selection.selections) walk(selection.selections, [...path, selection.name])
        const variant = variants.get(selection.name)
        if (variant)
          renames.push({ kind: 'KeyRenamer', path: [...path, selection.name], renameKeyTo: variant.of })
      }
    }
  }
  walk(node.requires ?? [], [])
  return renames.length === 0 ? node : { ...node, inputRewrites: [...(node.inputRewrites ?? []), ...renames] }
}

/** The calls that one must become, so that none needs two variants of one field. */
function parts(node: FetchNode, { variants, needs }: Plannable): FetchNode[] {
  const bins: Bin[] = []
  const bin = new Map<string, number>()
  const document = parse(node.operation, { noLocation: true })
  eachEntityField(document, (field) => {
    const needed = needs.get(`${node.serviceName}/${field}`) ?? new Map<string, string>()
    const fits = (of: Bin) => [...needed].every(([place, name]) => (of.get(place) ?? name) === name)
    const place = bins.findIndex(fits)
    const into: Bin = bins[place] ?? new Map()
    if (place < 0) bins.push(into)
    for (const [at, name] of needed) into.set(at, name)
    bin.set(field, place < 0 ? bins.length - 1 : place)
    return true
  })
  if (bins.length < 2) return [node]
  return bins.map((of, index) => ({
    ...node,
    requires: without(node.requires ?? [], '', (name, path) => {
      const variant = variants.get(name)
      return !variant || of.get(`${path}${variant.of}`) === name
    }),
    operation: print(eachEntityField(document, (field) => bin.get(field) === index)),
  }))
}

/** Leaves of an operation's entities the fields for which `keep` says so. */
function eachEntityField(document: DocumentNode, keep: (field: string) => boolean): DocumentNode {
  const filtered = (set: SelectionSetNode): SelectionSetNode => ({
    ...set,
    selections: set.selections.flatMap((selection): SelectionNode[] => {
      if (selection.kind === Kind.FIELD)
        return selection.name.value === '__typename' || keep(selection.name.value) ? [selection] : []
      if (selection.kind === Kind.FRAGMENT_SPREAD) return [selection]
      const selectionSet = filtered(selection.selectionSet)
      return selectionSet.selections.length > 0 ? [{ ...selection, selectionSet }] : []
    }),
  })
  return visit(document, {
    Field: (field) =>
      field.name.value === '_entities' && field.selectionSet
        ? { ...field, selectionSet: filtered(field.selectionSet) }
        : false,
  })
}

const without = (
  selections: readonly QueryPlanSelectionNode[],
  path: string,
  isKept: (name: string, path: string) => boolean,
): QueryPlanSelectionNode[] =>
  selections.flatMap((selection): QueryPlanSelectionNode[] => {
    if (selection.kind === 'Field' && !isKept(selection.name, path)) return []
    if (!selection.selections) return [selection]
    const below = selection.kind === 'Field' ? `${path}${selection.name}.` : path
    const inner = without(selection.selections, below, isKept)
    return inner.length > 0 ? [{ ...selection, selections: inner }] : []
  })

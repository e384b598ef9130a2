import { createHash } from 'node:crypto'
import type { FetchNode } from '@apollo/query-planner'
import { type DocumentNode, type FragmentDefinitionNode, Kind, parse, type SelectionSetNode } from 'graphql'
import { answerIn, type SubgraphResponse } from '#kit/transport.ts'
import { type Branches, branchesOf, type Fragments } from '../compile/branches.ts'
import type { Identify } from '../compile/keys.ts'
import { type Fields, get, isFields, set } from '../compile/own.ts'
import { objectsAt, type Path } from '../compile/path.ts'
import { type Represent, representing } from '../compile/representation.ts'
import { growRenamed, rewritesOf } from '../compile/rewrites.ts'
import type { Types } from '../compile/types.ts'
import type { SourceRequest } from '../source.ts'
import { type Failing, failures } from './failures.ts'
import { copied, merge } from './merge.ts'
import type { Run, Step } from './run.ts'

/** What a step is compiled with. */
export type Surroundings = {
  types: Types
  identify: Identify
  /** The client's name of a variable. */
  toClient(name: string): string
}
/** How a step gets its answer. */
export type Ask = (run: Run, request: SourceRequest) => Promise<SubgraphResponse>
/** A call of a plan, and what the others need to know of it. */
export type Call = {
  readonly path: Path
  readonly branches: Branches
  readonly step: Step
  /** Set when another call of the plan may change what this one fetched. */
  changed: boolean
}

const askSource: Ask = (run, request) => run.sources[request.subgraph]!.fetch(request)

/** Compiles a call for fields of the root, or for parts of entities, that stand at a path. */
export function callOf(node: FetchNode, path: Path, surroundings: Surroundings, ask = askSource): Call {
  const { requires, outputRewrites } = node
  const { types } = surroundings
  const document = parse(node.operation, { noLocation: true })
  const { set: asked, fragments } = selectionOf(document, Boolean(requires))
  const branches = branchesOf(asked, fragments)
  growRenamed(branches, outputRewrites)
  const rewrite = rewritesOf(outputRewrites, types)
  const failing: Failing = {
    subgraph: node.serviceName,
    path,
    set: asked,
    fragments,
    rewrites: outputRewrites ?? [],
    types,
  }
  const request = requestOf(node, surroundings, ask)
  const call: Call = {
    path,
    branches,
    changed: true,
    step: requires
      ? entityStep(representing(node, surroundings))
      : (run) => {
          const targets = path.length === 0 ? [run.data] : objectsAt(run.data, path, types)
          return targets.length === 0 ? undefined : rootFields(run, targets)
        },
  }

  async function rootFields(run: Run, targets: Fields[]) {
    takeFields(run, targets, await request(run))
  }

  function takeFields(run: Run, targets: Fields[], { data, errors }: SubgraphResponse) {
    if (isFields(data)) {
      rewrite?.(data)
      targets.forEach((target, index) => {
        const own = index > 0 && call.changed ? (copied(data, branches) as Fields) : data
        merge(target, own, branches, types)
      })
    }
    if (errors || !isFields(data)) run.failures.push(...failures(failing, run, { data, errors, targets }))
  }

  function entityStep(represent: Represent): Step {
    return (run) => {
      const asked = distinct(objectsAt(run.data, path, types), represent, run.broken)
      return asked.representations.length === 0 ? undefined : entities(run, asked)
    }
  }

  async function entities(run: Run, asked: Distinct) {
    const { representations, targets, places } = asked
    const { data, errors } = await request(run, asked)
    const found = isFields(data) ? get(data, '_entities') : undefined
    const usable = Array.isArray(found) && found.length === representations.length
    if (usable) answered(run, found, { targets, places }, !errors)
    else for (const target of targets) run.broken.add(target)
    if (errors || !usable)
      run.failures.push(...failures(failing, run, { data: usable ? data : null, errors, targets, places }))
    return usable
  }

  function answered(run: Run, found: unknown[], { targets, places }: Goals, isWell: boolean) {
    rewrite?.(found)
    const given = new Set<unknown>()
    targets.forEach((target, index) => {
      const entity = found[places[index]!]
      if (!isFields(entity)) {
        run.broken.add(target)
        // With errors, one of them tells why; and what is neither an entity nor null is no answer.
        if (isWell && (entity ?? null) === null) run.lost.add(target)
        return
      }
      const own = call.changed && given.has(entity) ? (copied(entity, branches) as Fields) : entity
      given.add(entity)
      merge(target, own, branches, types)
    })
  }
  return call
}

/**
 * Makes a call of a plan.
 * @param asked the entities that it asks for
 * @param read what reads the text of the answer, where it is not to be read as values
 */
export type Request = (
  run: Run,
  asked?: { written: readonly string[]; representations?: Fields[] },
  read?: (text: string) => unknown,
) => Promise<SubgraphResponse>

/** Compiles how a call is made, from what its body has in common each time. */
export function requestOf(
  { variableUsages = [], ...node }: FetchNode,
  { toClient }: Surroundings,
  ask = askSource,
): Request {
  const { operation: query, operationName, operationKind: kind, serviceName: subgraph } = node
  const names = variableUsages.map((name) => [name, toClient(name)] as const)
  const start = `${JSON.stringify({ query, operationName }).slice(0, -1)},"variables":`
  // Short, to be looked up for each call; the same for whoever asks the same.
  const name = createHash('sha256').update(start).digest('base64url')
  return async (run, asked, read) => {
    const variables: Fields = {}
    for (const [name, given] of names) {
      const value = get(run.variables as Fields, given)
      if (value !== undefined) set(variables, name, value)
    }
    const written = names.length === 0 ? '{}' : JSON.stringify(variables)
    const values = asked ? withEntities(written, asked) : written
    const body = `${start}${values}}`
    const before = read ? undefined : takeKnown(run, subgraph, body)
    if (before) return before.json === undefined ? before : answerIn(before.json)
    if (asked?.representations) variables.representations = asked.representations
    const { context, deadline, isFresh } = run
    const trace = run.trace?.child('fetch', { 'nexus.subgraph': subgraph }, 'client')
    const answer = await ask(run, {
      subgraph,
      kind,
      query,
      operationName,
      variables,
      body,
      question: `${name}${values}`,
      context,
      deadline,
      isFresh,
      trace,
      read,
    })
    trace?.end(failureIn(answer))
    if (!isFields(answer)) return {}
    const told = answer.errors?.length === 0 ? { data: answer.data ?? null } : answer
    if (read) run.known?.push({ subgraph, body, answer: told })
    return told
  }
}

/** What a call was answered before. Nobody else may change what this one gets. */
function takeKnown({ known = [] }: Run, subgraph: string, body: string): SubgraphResponse | undefined {
  const place = known.findIndex((each) => each.subgraph === subgraph && each.body === body)
  return place === -1 ? undefined : known.splice(place, 1)[0]!.answer
}

/** The code of the first error, for who traces. */
const failureIn = (answer: SubgraphResponse): string | undefined =>
  answer?.errors && String(answer.errors[0]?.extensions?.code ?? 'errors')

// Each representation is written once: to be told apart, to be sent, and to find its like under way.
const withEntities = (variables: string, { written }: Pick<Distinct, 'written'>): string =>
  `${variables === '{}' ? '{' : `${variables.slice(0, -1)},`}"representations":[${written.join()}]}`

/** Who wants an entity, and for each of them its place among the representations. */
type Goals = { targets: Fields[]; places: number[] }
type Distinct = Goals & { representations: Fields[]; written: readonly string[] }

const nothingToEscape = /^[\w .:/@+=-]*$/

/** The same as JSON.stringify writes, which takes three times as long for names and keys as they mostly are. */
function written(representation: Fields): string {
  let text = ''
  for (const name in representation) {
    const value = representation[name]
    if (typeof value !== 'string' || !nothingToEscape.test(value)) return JSON.stringify(representation)
    text += text === '' ? `{"${name}":"${value}"` : `,"${name}":"${value}"`
  }
  return text === '' ? '{}' : `${text}}`
}

/** Each entity once, and for each object that wants it the place of its representation. */
function distinct(objects: Fields[], represent: Represent, broken: ReadonlySet<Fields>): Distinct {
  const { only } = represent
  const known = new Map<string, number>()
  const byKey = new Map<string, number>()
  const writings: string[] = []
  const asked: Distinct = { representations: [], written: writings, targets: [], places: [] }
  const placeOf = (representation: Fields, text: string) => {
    writings.push(text)
    return asked.representations.push(representation) - 1
  }
  for (const object of objects) {
    // Keys are told apart before anything is written.
    const key = only && object.__typename === only.type ? get(object, only.key) : null
    let place = typeof key === 'string' ? byKey.get(key) : undefined
    if (place === undefined) {
      const representation = represent(object, broken)
      if (!representation) continue
      const text = written(representation)
      const [seen, name] = typeof key === 'string' ? [byKey, key] : [known, text]
      place = seen.get(name) ?? placeOf(representation, text)
      seen.set(name, place)
    }
    asked.targets.push(object)
    asked.places.push(place)
  }
  return asked
}

/** What a call selects: of the root, or of the entities that it asks for. */
export function selectionOf({ definitions }: DocumentNode, ofEntities: boolean) {
  const fragments: Fragments = new Map(
    definitions
      .filter(
        (definition): definition is FragmentDefinitionNode => definition.kind === Kind.FRAGMENT_DEFINITION,
      )
      .map((fragment) => [fragment.name.value, fragment]),
  )
  const operation = definitions.find((definition) => definition.kind === Kind.OPERATION_DEFINITION)
  let set: SelectionSetNode | undefined = operation?.selectionSet
  if (ofEntities) {
    const [field] = set?.selections ?? []
    set = field?.kind === Kind.FIELD ? field.selectionSet : undefined
  }
  return { set, fragments }
}

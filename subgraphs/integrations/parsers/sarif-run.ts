import type { Json } from './json.ts'
import { each, isObject, Misfit, number, object, strings, text } from './json.ts'

/** A tool or one of its extensions, with the rules it defines. */
export type Component = { json: Json; at: string; rules: [Json, string][]; byId: Map<string, number> }

export type Rule = { json: Json; at: string; id: string | null; component: Component; index: number }

export type Run = {
  json: Json
  at: string
  guid: string | null
  driver: Component
  extensions: Component[]
  artifacts: [Json, string][]
  invocations: Json[]
  overrides: { rule: string | null; index: number | null; level: string; invocation: number }[]
  /** Absolute addresses of the source roots, longest first. */
  roots: string[]
  properties: Json | null
}

export function openRun(run: Json, at: string): Run {
  const tool = object(run, 'tool', at)
  const driver = tool && object(tool, 'driver', `${at}.tool`)
  if (!tool || !driver) throw new Misfit(`${at}.tool.driver`, 'an object is required')
  const details = object(run, 'automationDetails', at)
  const invocations = each(run, 'invocations', at)
  return {
    json: run,
    at,
    guid: details && text(details, 'guid', `${at}.automationDetails`, 100),
    driver: component(driver, `${at}.tool.driver`),
    extensions: each(tool, 'extensions', `${at}.tool`).map(([extension, path]) => component(extension, path)),
    artifacts: each(run, 'artifacts', at),
    invocations: invocations.map(([invocation]) => invocation),
    overrides: invocations.flatMap(([invocation, path], position) => overridesOf(invocation, path, position)),
    roots: rootsOf(run, at, invocations),
    properties: object(run, 'properties', at),
  }
}

function component(json: Json, at: string): Component {
  const rules = each(json, 'rules', at)
  const byId = new Map<string, number>()
  for (const [index, [rule, path]] of rules.entries()) {
    const id = text(rule, 'id', path)
    for (const name of [id, ...strings(rule, 'deprecatedIds', path)])
      if (name && !byId.has(name)) byId.set(name, index)
    const guid = text(rule, 'guid', path, 100)
    if (guid) byId.set(`guid:${guid}`, index)
  }
  return { json, at, rules, byId }
}

function overridesOf(invocation: Json, at: string, position: number): Run['overrides'] {
  return each(invocation, 'ruleConfigurationOverrides', at).flatMap(([override, path]) => {
    const descriptor = object(override, 'descriptor', path)
    const configuration = object(override, 'configuration', path)
    const level = configuration && text(configuration, 'level', `${path}.configuration`, 50)
    if (!descriptor || !level) return []
    const where = `${path}.descriptor`
    return [
      {
        rule: text(descriptor, 'id', where),
        index: number(descriptor, 'index', where),
        level,
        invocation: position,
      },
    ]
  })
}

function rootsOf(run: Json, at: string, invocations: readonly [Json, string][]): string[] {
  const bases = object(run, 'originalUriBaseIds', at)
  const found = Object.values(bases ?? {}).flatMap((base) =>
    isObject(base) && typeof base.uri === 'string' ? [base.uri] : [],
  )
  for (const [invocation, path] of invocations) {
    const folder = object(invocation, 'workingDirectory', path)
    const uri = folder && text(folder, 'uri', `${path}.workingDirectory`, 2000)
    if (uri) found.push(uri)
  }
  return found
    .filter((uri) => /^file:\/\/./i.test(uri) && uri.length < 2000)
    .map((uri) => `${uri.replace(/\/+$/, '')}/`)
    .filter((uri) => uri !== 'file:///')
    .sort((a, b) => b.length - a.length)
    .slice(0, 20)
}

/** The rule of a result, by index, id, parent of a hierarchical id, or guid, in the component it names. */
export function ruleOf(result: Json, at: string, run: Run): { id: string | null; rule: Rule | null } {
  const reference = object(result, 'rule', at)
  const id = text(result, 'ruleId', at) ?? (reference && text(reference, 'id', `${at}.rule`))
  const index = number(result, 'ruleIndex', at) ?? (reference && number(reference, 'index', `${at}.rule`))
  const guid = reference && text(reference, 'guid', `${at}.rule`, 100)
  const home = reference
    ? componentOf(object(reference, 'toolComponent', `${at}.rule`), `${at}.rule`, run)
    : run.driver
  const byIndex = index === null ? undefined : home.rules[index]
  if (byIndex && index !== null) {
    const own = text(byIndex[0], 'id', byIndex[1])
    // Some tools count their rules wrongly: an id that says otherwise wins.
    const fits =
      id === null || own === null || id === own || id.startsWith(`${own}/`) || home.byId.get(id) === index
    if (fits)
      return { id: id ?? own, rule: { json: byIndex[0], at: byIndex[1], id: own, component: home, index } }
  }
  for (const candidate of [home, run.driver, ...run.extensions]) {
    const found = lookup(candidate, id) ?? (guid ? candidate.byId.get(`guid:${guid}`) : undefined)
    const entry = found === undefined ? undefined : candidate.rules[found]
    if (entry && found !== undefined) {
      const own = text(entry[0], 'id', entry[1])
      return {
        id: id ?? own,
        rule: { json: entry[0], at: entry[1], id: own, component: candidate, index: found },
      }
    }
  }
  return { id, rule: null }
}

/** `CA1000/1` is a case of the rule `CA1000`. */
function lookup(home: Component, id: string | null): number | undefined {
  if (id === null) return undefined
  let name = id
  for (let depth = 0; depth < 8 && name !== ''; depth++) {
    const found = home.byId.get(name)
    if (found !== undefined) return found
    name = name.slice(0, Math.max(0, name.lastIndexOf('/')))
  }
  return undefined
}

function componentOf(reference: Json | null, at: string, run: Run): Component {
  if (!reference) return run.driver
  const path = `${at}.toolComponent`
  const index = number(reference, 'index', path)
  const byIndex = index === null ? undefined : run.extensions[index]
  if (byIndex) return byIndex
  const name = text(reference, 'name', path, 500)
  const guid = text(reference, 'guid', path, 100)
  const all = [run.driver, ...run.extensions]
  return (
    all.find(({ json }) => (guid !== null && json.guid === guid) || (name !== null && json.name === name)) ??
    run.driver
  )
}

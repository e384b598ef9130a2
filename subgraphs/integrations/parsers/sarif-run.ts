import type { Json } from './json.ts'
import { each, isObject, Misfit, number, object, strings, text } from './json.ts'

export type Rule = { json: Json; at: string; id: string | null; index: number }

/** A tool or one of its extensions, with the rules it defines by id, deprecated id and guid. */
export type Component = { json: Json; at: string; rules: Rule[]; named: Map<string, Rule> }

export type Run = {
  json: Json
  at: string
  guid: string | null
  driver: Component
  extensions: Component[]
  /** Components by name and guid, and the rules of all of them: the driver comes first. */
  components: Map<string, Component>
  rules: Map<string, Rule>
  artifacts: [Json, string][]
  invocations: Json[]
  /** Levels set for one invocation, by `overrideKey`. */
  overrides: Map<string, string>
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
  const home = component(driver, `${at}.tool.driver`)
  const extensions = each(tool, 'extensions', `${at}.tool`).map(([json, path]) => component(json, path))
  const all = [home, ...extensions]
  return {
    json: run,
    at,
    guid: details && text(details, 'guid', `${at}.automationDetails`, 100),
    driver: home,
    extensions,
    components: firstOf(
      all.flatMap((one): [string | null, Component][] =>
        ['name', 'guid'].map((name) => [text(one.json, name, one.at, 500), one]),
      ),
    ),
    rules: firstOf(all.flatMap((one) => [...one.named])),
    artifacts: each(run, 'artifacts', at),
    invocations: invocations.map(([invocation]) => invocation),
    overrides: firstOf(
      invocations.flatMap(([invocation, path], position) => overridesOf(invocation, path, position)),
    ),
    roots: rootsOf(run, at, invocations),
    properties: object(run, 'properties', at),
  }
}

function firstOf<T>(entries: Iterable<[string | null, T]>): Map<string, T> {
  const found = new Map<string, T>()
  for (const [name, value] of entries) if (name && !found.has(name)) found.set(name, value)
  return found
}

function component(json: Json, at: string): Component {
  const rules = each(json, 'rules', at).map(
    ([rule, path], index): Rule => ({ json: rule, at: path, id: text(rule, 'id', path), index }),
  )
  const former = rules.flatMap((rule): [string | null, Rule][] => [
    ...strings(rule.json, 'deprecatedIds', rule.at).map((id): [string, Rule] => [id, rule]),
    [guidName(text(rule.json, 'guid', rule.at, 100)), rule],
  ])
  return {
    json,
    at,
    rules,
    named: firstOf([...rules.map((rule): [string | null, Rule] => [rule.id, rule]), ...former]),
  }
}

const guidName = (guid: string | null): string | null => guid && `guid:${guid}`

export const overrideKey = (invocation: number, rule: string | number): string =>
  `${invocation} ${typeof rule === 'number' ? '#' : '='}${rule}`

function overridesOf(invocation: Json, at: string, position: number): [string, string][] {
  return each(invocation, 'ruleConfigurationOverrides', at).flatMap(
    ([override, path]): [string, string][] => {
      const descriptor = object(override, 'descriptor', path)
      const configuration = object(override, 'configuration', path)
      const level = configuration && text(configuration, 'level', `${path}.configuration`, 50)
      const rule =
        descriptor &&
        (text(descriptor, 'id', `${path}.descriptor`) ?? number(descriptor, 'index', `${path}.descriptor`))
      return level && rule !== null ? [[overrideKey(position, rule), level]] : []
    },
  )
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
  const listed = index === null ? undefined : home.rules[index]
  // Some tools count their rules wrongly: an id that says otherwise wins.
  const fits =
    listed && (id === null || listed.id === null || id === listed.id || id.startsWith(`${listed.id}/`))
  const rule =
    (fits ? listed : null) ??
    lookup(home.named, id, guid) ??
    lookup(run.rules, id, guid) ??
    (id ? null : listed)
  return { id: id ?? rule?.id ?? null, rule: rule ?? null }
}

/** `CA1000/1` is a case of the rule `CA1000`. */
function lookup(rules: Map<string, Rule>, id: string | null, guid: string | null): Rule | undefined {
  let name = id ?? ''
  for (let depth = 0; depth < 8 && name !== ''; depth++) {
    const found = rules.get(name)
    if (found) return found
    name = name.slice(0, Math.max(0, name.lastIndexOf('/')))
  }
  return rules.get(guidName(guid) ?? '')
}

function componentOf(reference: Json | null, at: string, run: Run): Component {
  if (!reference) return run.driver
  const path = `${at}.toolComponent`
  const index = number(reference, 'index', path)
  const names = ['guid', 'name'].map((name) => text(reference, name, path, 500) ?? '')
  const found = names.map((name) => run.components.get(name)).find(Boolean)
  return (index === null ? undefined : run.extensions[index]) ?? found ?? run.driver
}

import type { Json } from './json.ts'
import { object, strings, text } from './json.ts'
import type { Component, Rule } from './sarif-run.ts'

/** The text of a message object: written out, or a template of the rule or the tool with its arguments. */
export function sentence(
  message: Json | null,
  at: string,
  rule: Rule | null,
  driver: Component | null,
): string | null {
  if (!message) return null
  const written = text(message, 'text', at, 20_000) ?? text(message, 'markdown', at, 20_000)
  const id = text(message, 'id', at, 500)
  const template =
    written ??
    (id &&
      (templateOf(rule?.json, 'messageStrings', rule?.at, id) ??
        templateOf(driver?.json, 'globalMessageStrings', driver?.at, id)))
  if (!template) return null
  const args = strings(message, 'arguments', at)
  const filled = template.replace(/\{(\d{1,3})\}/g, (hole, index: string) => args[Number(index)] ?? hole)
  // `[name](1)` points to a related location by number: the name alone reads better.
  return (
    filled
      .slice(0, 20_000)
      .replace(/\[([^[\]]{1,500})\]\(\d{1,9}\)/g, '$1')
      .trim() || null
  )
}

function templateOf(from: Json | undefined, list: string, at = '$', id = ''): string | null {
  const all = from ? object(from, list, at) : null
  const entry = all && Object.hasOwn(all, id) ? object(all, id, `${at}.${list}`) : null
  return (
    entry &&
    (text(entry, 'text', `${at}.${list}`, 20_000) ?? text(entry, 'markdown', `${at}.${list}`, 20_000))
  )
}

export type RuleText = { short: string | null; full: string | null; help: string | null; uri: string | null }

const cache = new WeakMap<Json, RuleText>()

/** Read once a rule: a thousand results share it. */
export function ruleText(rule: Rule | null): RuleText {
  if (!rule) return { short: null, full: null, help: null, uri: null }
  const known = cache.get(rule.json)
  if (known) return known
  const part = (name: string) => {
    const entry = object(rule.json, name, rule.at)
    return (
      entry &&
      (text(entry, 'text', `${rule.at}.${name}`, 20_000) ??
        text(entry, 'markdown', `${rule.at}.${name}`, 20_000))
    )
  }
  const short = part('shortDescription') ?? text(rule.json, 'name', rule.at, 500)
  const read = {
    short,
    full: part('fullDescription') ?? short,
    help: part('help'),
    uri: text(rule.json, 'helpUri', rule.at, 2000),
  }
  cache.set(rule.json, read)
  return read
}

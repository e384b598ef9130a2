/**
 * Loaded before anything else (`node --import`), it takes out of Nexus's own source what the application does to keep
 * tenants and roles apart, so that only PostgreSQL's row level security is left. For the tests alone.
 */
import { registerHooks } from 'node:module'

type Filter = { name: string; of: RegExp; text: RegExp; without: string }

const filters: readonly Filter[] = [
  {
    name: 'permissions',
    of: /\/kit\/viewer\.ts$/,
    text: /viewer\.permissions\.includes\(permission\)/g,
    without: 'true',
  },
  { name: 'fields for peers', of: /\/kit\/builder\.ts$/, text: /service === name/g, without: 'true' },
  {
    name: 'the header X-Tenant-ID',
    of: /\/gateway\/plugins\/viewer\.ts$/,
    text: /if \(tenant !== undefined && [^\n]*\)\n/g,
    without: 'if (false as boolean)\n',
  },
  {
    name: 'an organization that is compared',
    of: /\/subgraphs\/.*\.ts$/,
    text: /if \([^\n]*!== (?:by|member|viewer)\.organizationId\)/g,
    without: 'if (false as boolean)',
  },
  {
    name: 'an organization in a query',
    of: /\/(?:kit|subgraphs)\/.*\.ts$/,
    text: /\.where\('(?:\w+\.)?organizationId', '=', [\w.]+\)/g,
    without: '',
  },
]

/** How often each filter was taken out. */
export const taken = new Map(filters.map(({ name }) => [name, 0]))

registerHooks({
  load(url, context, next) {
    const loaded = next(url, context)
    const found = filters.filter(({ of }) => of.test(url))
    if (found.length === 0 || loaded.source === undefined || url.includes('/migrations/')) return loaded
    let source = loaded.source === null ? '' : String(loaded.source)
    for (const { name, text, without } of found)
      source = source.replace(text, () => {
        taken.set(name, taken.get(name)! + 1)
        return without
      })
    return { ...loaded, source }
  },
})

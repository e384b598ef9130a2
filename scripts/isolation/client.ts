import { Pool } from 'undici'

export type Asked = {
  method?: string
  path: string
  token?: string | null
  headers?: Record<string, string>
  body?: string
}
export type Told = { status: number; text: string }
/** A client that keeps its connections. Every request has the same id, so that answers can be compared. */
export type Client = {
  ask(asked: Asked): Promise<Told>
  graphql(token: string | null, query: string, variables?: object): Promise<Told>
  close(): Promise<void>
}

export const connections = 8

export function openClient(url: string): Client {
  const pool = new Pool(url, { connections })
  const ask: Client['ask'] = async ({ method = 'GET', path, token, headers, body }) => {
    const answer = await pool.request({
      method: method as 'GET',
      path,
      headers: {
        'x-request-id': 'isolation',
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(token && { authorization: `Bearer ${token}` }),
        ...headers,
      },
      ...(body !== undefined && { body }),
    })
    const text = await answer.body.text()
    return { status: answer.statusCode, text: `${headed(answer.headers)}\n${text}` }
  }
  return {
    ask,
    graphql: (token, query, variables = {}) =>
      ask({ method: 'POST', path: '/graphql', token, body: JSON.stringify({ query, variables }) }),
    close: () => pool.destroy(),
  }
}

// Headers may tell, too: where to go on, and what a cookie holds.
const told = ['location', 'set-cookie', 'link', 'etag', 'content-disposition', 'x-nexus-session']
const headed = (headers: Record<string, string | string[] | undefined>) =>
  told.flatMap((name) => (headers[name] ? [`${name}: ${headers[name]}`] : [])).join('\n')

/** Works on all at once, with as many under way as there are connections. */
export async function each<Item>(items: Iterable<Item>, work: (item: Item) => Promise<void>): Promise<void> {
  const left = [...items].reverse()
  const worker = async () => {
    for (let item = left.pop(); item !== undefined; item = left.pop()) await work(item)
  }
  await Promise.all(Array.from({ length: connections }, worker))
}

import type { FastifyPluginAsync } from 'fastify'

type File = { type: string; text: string }

// The editor writes its styles into the page.
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  'font-src data:',
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>Nexus GraphiQL</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="/graphiql/style.css">
  </head>
  <body>
    <div id="root"></div>
    <script src="/graphiql/app.js"></script>
  </body>
</html>
`
const options = {
  title: 'Nexus GraphiQL',
  endpoint: '/graphql',
  credentials: 'same-origin',
  subscriptionsProtocol: 'WS',
  defaultQuery: '{\n  assets(first: 3) {\n    edges { node { name openVulnerabilityCount } }\n  }\n}\n',
}

/** GraphiQL at `/graphiql`, for who develops: as whom the browser has signed in, or with a header of their own. */
export const graphiql: FastifyPluginAsync = async (app) => {
  let files: Promise<Map<string, File>> | undefined
  app.get('/graphiql', async (_request, reply) =>
    reply
      .headers({ 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy })
      .send(page),
  )
  app.get<{ Params: { file: string } }>('/graphiql/:file', async ({ params }, reply) => {
    files ??= load()
    const file = (await files).get(params.file)
    if (!file) return reply.callNotFound()
    return reply.type(file.type).send(file.text)
  })
}

/** Nine megabytes, from the package alone: nothing comes from elsewhere, and nobody waits who does not ask. */
async function load(): Promise<Map<string, File>> {
  const { js, css, editorWorkerService, jsonWorker, graphqlWorker } = await import(
    '@graphql-yoga/render-graphiql/graphiql'
  )
  const app = `self.MonacoEnvironment = {
    globalAPI: false,
    getWorkerUrl: (_module, label) => '/graphiql/' + ({ json: 'json', graphql: 'graphql' }[label] ?? 'editor') + '.js',
  };
  ${js};
  YogaGraphiQL.renderYogaGraphiQL(document.querySelector('#root'), ${JSON.stringify(options)});`
  const scripts = {
    'app.js': app,
    'editor.js': editorWorkerService,
    'json.js': jsonWorker,
    'graphql.js': graphqlWorker,
  }
  const style: [string, File] = ['style.css', { type: 'text/css', text: css }]
  const script = ([name, text]: [string, string]): [string, File] => [name, { type: 'text/javascript', text }]
  return new Map([style, ...Object.entries(scripts).map(script)])
}

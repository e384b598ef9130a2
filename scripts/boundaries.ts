/** The walls of the house: who may import whom. Exits with 1 and names each line that goes through one. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, posix, relative, sep } from 'node:path'
import ts from 'typescript'
import { root } from '#kit/register.ts'

/** `to` is a path from the root, or `npm:` and the name of a package. */
type Import = { file: string; line: number; to: string }
type Wall = {
  says: string
  breaks(of: Import): boolean
  /** Tests stand outside of it. */
  exceptTests?: true
}
export type Breach = { file: string; line: number; says: string }

const rooms = ['kit', 'gateway', 'subgraphs', 'scripts', 'k8s', 'web']
const isTest = (file: string) => /\.test\.tsx?$|\/test\//.test(file)
const subgraphOf = (path: string) => /^subgraphs\/([^/]+)\//.exec(path)?.[1]

/** From a room to any of the others. */
const between = (from: RegExp, to: RegExp) => (of: Import) => from.test(of.file) && to.test(of.to)

const walls: Wall[] = [
  { says: 'kit imports npm packages only', breaks: between(/^kit\//, /^(gateway|subgraphs|web|schema)\//) },
  { says: 'gateway imports kit and npm packages only', breaks: between(/^gateway\//, /^(subgraphs|web)\//) },
  {
    says: 'gateway/federation imports nothing of Nexus but kit',
    breaks: between(/^gateway\/federation\//, /^(gateway\/(?!federation\/)|subgraphs\/|scripts\/|web\/)/),
  },
  {
    says: 'subgraphs import kit and npm packages only',
    breaks: between(/^subgraphs\//, /^(gateway|web)\//),
  },
  {
    says: 'subgraphs never import each other',
    breaks: ({ file, to }) => {
      const [one, other] = [subgraphOf(file), subgraphOf(to)]
      return one !== undefined && other !== undefined && one !== other
    },
  },
  {
    says: 'model knows nothing of GraphQL or HTTP',
    breaks: between(
      /^subgraphs\/[^/]+\/model\//,
      /^subgraphs\/[^/]+\/graph\/|^npm:(@pothos\/|@apollo\/|@as-integrations\/|graphql|fastify)|^kit\/(builder|connection|refs|http)\.ts$/,
    ),
    exceptTests: true,
  },
  {
    says: 'rules import only tables',
    breaks: ({ file, to }) =>
      /^subgraphs\/[^/]+\/rules\.ts$/.test(file) && to !== file.replace(/rules\.ts$/, 'tables.ts'),
  },
  {
    says: 'migrations import only each other, kit/migration and kit/searchable.ts',
    breaks: between(
      /^subgraphs\/[^/]+\/migrations\//,
      /^(?!kit\/(migration(\/[^/]+)?|searchable)\.ts$|npm:|subgraphs\/[^/]+\/migrations\/)/,
    ),
  },
  {
    says: 'web imports npm packages and schema only',
    breaks: between(/^web\//, /^(?!web\/|schema\/|scripts\/|npm:)/),
    exceptTests: true,
  },
  {
    says: 'nothing imports scripts',
    breaks: between(/^(?!scripts\/)/, /^scripts\//),
    exceptTests: true,
  },
]

// These ask the machine they run on, not how Nexus is set up.
const readsEnvironment = /^kit\/(env|register|embedded[a-z-]*)\.ts$|^scripts\/|(^|\/)main\.ts$|\.config\.ts$/
const environment = 'only kit/env.ts reads the environment'

/** Every breach under a folder that is laid out like the house. */
export function breaches(folder: string): Breach[] {
  return sources(folder).flatMap((file) => {
    const text = readFileSync(join(folder, file), 'utf8')
    const { imports, readings } = read(file, text)
    const broken = imports.flatMap((of) =>
      walls
        .filter((wall) => wall.breaks(of) && !(wall.exceptTests && isTest(file)))
        .map(({ says }) => ({ file, line: of.line, says: `${says}: ${of.to}` })),
    )
    const free = readsEnvironment.test(file) || isTest(file)
    return [...broken, ...(free ? [] : readings.map((line) => ({ file, line, says: environment })))]
  })
}

function sources(folder: string): string[] {
  return rooms
    .filter((room) => existsSync(join(folder, room)))
    .flatMap((room) => {
      const entries = readdirSync(join(folder, room), { recursive: true, withFileTypes: true })
      return entries
        .filter((entry) => entry.isFile() && /\.(m?ts|tsx|mjs)$/.test(entry.name))
        .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
        .filter((file) => !file.includes('node_modules/'))
    })
}

function read(file: string, text: string): { imports: Import[]; readings: number[] } {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest)
  const imports: Import[] = []
  const readings: number[] = []
  const lineOf = (node: ts.Node) => source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1
  const visit = (node: ts.Node) => {
    const specifier = specifierOf(node)
    if (specifier !== undefined) imports.push({ file, line: lineOf(node), to: target(file, specifier) })
    if (readsProcessEnv(node, source) || specifier?.replace('node:', '') === 'process')
      readings.push(lineOf(node))
    ts.forEachChild(node, visit)
  }
  visit(source)
  return { imports, readings }
}

/** What a node imports: `import`, `export from`, `import()`, `import('...')` as a type, `require()`. */
function specifierOf(node: ts.Node): string | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return literal(node.moduleSpecifier)
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) return literal(node.argument.literal)
  if (!ts.isCallExpression(node)) return undefined
  const { expression } = node
  const imports = expression.kind === ts.SyntaxKind.ImportKeyword
  const requires = ts.isIdentifier(expression) && expression.text === 'require'
  return imports || requires ? literal(node.arguments[0]) : undefined
}

const literal = (node: ts.Node | undefined) => (node && ts.isStringLiteralLike(node) ? node.text : undefined)

/** `process.env`, `process['env']`, and `process` taken apart. */
function readsProcessEnv(node: ts.Node, source: ts.SourceFile): boolean {
  const isProcess = (of: ts.Node | undefined) => of && /(^|\.)process$/.test(of.getText(source))
  if (ts.isPropertyAccessExpression(node)) return node.name.text === 'env' && !!isProcess(node.expression)
  if (ts.isElementAccessExpression(node))
    return literal(node.argumentExpression) === 'env' && !!isProcess(node.expression)
  return ts.isVariableDeclaration(node) && !!isProcess(node.initializer)
}

function target(file: string, specifier: string): string {
  if (specifier.startsWith('#kit/')) return posix.normalize(specifier.slice(1))
  if (specifier.startsWith('.')) return posix.join(posix.dirname(file), specifier)
  return `npm:${specifier}`
}

if (import.meta.main) {
  const found = breaches(root)
  for (const { file, line, says } of found) console.error(`${file}:${line} ${says}`)
  if (found.length > 0) process.exitCode = 1
}

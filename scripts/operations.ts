/** Which operations are registered: those of the page and those of the REST rows, as they are asked. */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { formatDocument, stringifyDocument } from '@urql/core'
import { buildSchema, type DocumentNode, Kind, parse, validate } from 'graphql'
import ts from 'typescript'
import { root } from '#kit/register.ts'
import type { Registered } from '../gateway/federation/persisted.ts'
import { startImport } from '../gateway/rest/integrations.ts'
import { downloadReport } from '../gateway/rest/reports.ts'
import { routes } from '../gateway/rest/routes.ts'
import { scimOperations } from '../gateway/scim/operations.ts'

type Declared = { name: string; text: string; fragments: string[] }

/** `schema/operations.json`. Throws for an operation that does not fit the schema, or two of one name. */
export function operationsOf(api: string): string {
  const schema = buildSchema(api)
  const rows = [...routes(schema), startImport, downloadReport].map(({ operation }) => ({
    of: 'rest',
    text: operation,
  }))
  const all = new Map<string, Registered>()
  const scim = scimOperations.map((text) => ({ of: 'scim', text }))
  for (const { of, text } of [...rows, ...scim, ...pageOperations().map((text) => ({ of: 'page', text }))]) {
    const document = parse(text)
    const [wrong] = validate(schema, document)
    const operation = document.definitions.find((each) => each.kind === Kind.OPERATION_DEFINITION)
    if (wrong || !operation?.name)
      throw new Error(`${text} is not registered: ${wrong?.message ?? 'no name'}`)
    const name = `${of}.${operation.name.value}`
    const id = createHash('sha256').update(text).digest('hex')
    const before = all.get(name)
    if (before && before.id !== id) throw new Error(`Two operations are called ${name}`)
    all.set(name, { id, name, text, kind: operation.operation })
  }
  const sorted = [...all.values()].sort((one, other) => (one.name < other.name ? -1 : 1))
  return `${JSON.stringify(sorted, null, 2)}\n`
}

/** The texts that the page sends: its client asks for the type of everything, and prints what it asks. */
function pageOperations(): string[] {
  const declared = new Map(
    sources()
      .flatMap(declarations)
      .map((each) => [each.name, each]),
  )
  const whole = ({ text, fragments }: Declared): DocumentNode => {
    const definitions = fragments.flatMap((name) => {
      const fragment = declared.get(name)
      if (!fragment) throw new Error(`There is no document ${name} in the page`)
      return whole(fragment).definitions
    })
    return { kind: Kind.DOCUMENT, definitions: [...parse(text).definitions, ...definitions] }
  }
  return [...declared.values()]
    .filter(({ text }) => !/^\s*fragment\b/.test(text))
    .map((each) => stringifyDocument(formatDocument(whole(each) as never)))
}

function sources(): string[] {
  const folder = `${root}web/src/`
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.tsx?$/.test(file) && !file.endsWith('.d.ts'))
    .sort()
    .map((file) => folder + file)
}

/** What a file declares as `const Name = graphql(`text`, [Fragment])`. */
function declarations(file: string): Declared[] {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest)
  const found: Declared[] = []
  const visit = (node: ts.Node) => {
    const call = ts.isVariableDeclaration(node) ? node.initializer : undefined
    if (call && ts.isCallExpression(call) && call.expression.getText(source) === 'graphql') {
      const [text, fragments] = call.arguments
      if (!text || !ts.isStringLiteralLike(text))
        throw new Error(`${file} has a document that is no plain text`)
      const names =
        fragments && ts.isArrayLiteralExpression(fragments)
          ? fragments.elements.map((each) => each.getText(source))
          : []
      found.push({
        name: (node as ts.VariableDeclaration).name.getText(source),
        text: text.text,
        fragments: names,
      })
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

import { type ExecutionResult, GraphQLError, getOperationAST, type OperationTypeNode } from 'graphql'
import { isStream } from '#kit/stream.ts'
import type { GatewayContext } from '../context.ts'
import type { Document, Refused } from '../federation/documents.ts'
import type { Engine } from '../federation/engine.ts'
import type { Answer, Asked, Operations } from '../operations.ts'

export type Answers = AsyncIterableIterator<Answer, void>
type Read = { document: Document; kind: `${OperationTypeNode}` } | Refused

/** What sockets and streams execute with. Its answers and errors are fit for clients. */
export type Live = {
  /** The document of an operation, or why it is none that this graph answers. */
  read(asked: Asked, context: GatewayContext): Read
  /** Neither throws nor do its answers: what goes wrong is the last of them. */
  answer(asked: Asked, context: GatewayContext): Promise<Answer | Answers>
}

export function createLive({ engine, operations }: { engine: Engine; operations: Operations }): Live {
  const { present, failed } = operations
  const read: Live['read'] = ({ operationName, ...asked }, context) => {
    const document = operations.read(asked, context)
    if (!('ast' in document)) return document
    const operation = getOperationAST(document.ast, operationName)
    if (operation) return { document, kind: operation.operation }
    const extensions = { code: 'OPERATION_RESOLUTION_FAILURE' }
    return { errors: [new GraphQLError('There is no such operation', { extensions })] }
  }
  const subscribe = async (asked: Asked, document: Document, context: GatewayContext) => {
    const answers = await engine.subscribe({ ...asked, document, context })
    if (!isStream(answers)) return present(answers, context)
    return presenting(
      answers,
      (answer) => present(answer, context),
      (error) => failed(error, context),
    )
  }
  return {
    read,
    async answer(asked, context) {
      try {
        const found = read(asked, context)
        if ('errors' in found) return present(found, context)
        return await (found.kind === 'subscription'
          ? subscribe(asked, found.document, context)
          : operations.execute(found.document, asked, context))
      } catch (error) {
        return failed(error, context)
      }
    },
  }
}

function presenting(
  answers: AsyncIterableIterator<ExecutionResult, void>,
  present: (answer: ExecutionResult) => Answer,
  failed: (error: unknown) => Answer,
): Answers {
  return {
    async next() {
      try {
        const { done, value } = await answers.next()
        return done ? { done, value: undefined } : { done: false, value: present(value) }
      } catch (error) {
        return { done: false, value: failed(error) }
      }
    },
    async return() {
      await answers.return?.()
      return { done: true, value: undefined }
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}

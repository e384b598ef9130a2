import type { InputObjectRef, ObjectRef } from '@pothos/core'
import { type BuilderTypes, type createBuilder, screaming } from './builder.ts'
import { operationStatuses } from './operation.ts'
import { type Bucket, type ListSpec, type Page, pageSize, type Total } from './page.ts'
import { severities } from './severity.ts'

type Builder<Tables> = ReturnType<typeof createBuilder<Tables>>
type Types<Tables> = PothosSchemaTypes.ExtendDefaultTypes<BuilderTypes<Tables>>

/** What every list of a subgraph shares: pages, totals, order, ranges, and the buckets of its statistics. */
export function listTypes<Tables>(builder: Builder<Tables>) {
  const pageInfo = builder.objectRef<Page<unknown>['pageInfo']>('PageInfo').implement({
    needs: 'inherited',
    description: 'Where a page stands in its list.',
    shareable: true,
    fields: (t) => ({
      hasNextPage: t.exposeBoolean('hasNextPage'),
      hasPreviousPage: t.exposeBoolean('hasPreviousPage'),
      startCursor: t.exposeString('startCursor', { nullable: true }),
      endCursor: t.exposeString('endCursor', { nullable: true }),
    }),
  })
  const totalType = builder.enumType('TotalType', {
    description: 'Whether a total was counted to the end.',
    values: screaming(['exact', 'at_least']),
  })
  const total = builder.objectRef<Total>('TotalCount').implement({
    needs: 'inherited',
    description: 'How many items the whole list has; counting stops at 10,000 and says AT_LEAST.',
    shareable: true,
    fields: (t) => ({
      count: t.exposeInt('count'),
      type: t.field({ type: totalType, resolve: (of) => of.type }),
    }),
  })
  const direction = builder.enumType('OrderDirection', {
    description: 'Ascending or descending.',
    values: screaming(['asc', 'desc']),
  })
  const timeRange = builder.inputType('TimeRange', {
    description: 'A half-open range of time: `from` belongs to it, `to` does not.',
    fields: (t) => ({ from: t.field({ type: 'DateTime' }), to: t.field({ type: 'DateTime' }) }),
  })

  const numberRange = () =>
    builder.inputType('NumberRange', {
      description: 'A range of numbers: both ends belong to it.',
      fields: (t) => ({ from: t.int(), to: t.int() }),
    })

  /** The connection type of a noun: `AlertConnection` with `AlertEdge`. */
  const connection = <Row>(node: ObjectRef<Types<Tables>, Row>) => {
    const edge = builder.objectRef<{ cursor: string; node: Row }>(`${node.name}Edge`).implement({
      needs: 'inherited',
      description: `One ${node.name} and its place in the list.`,
      fields: (t) => ({
        cursor: t.exposeString('cursor'),
        node: t.field({ type: node, resolve: (of) => of.node as never }),
      }),
    })
    return builder.objectRef<Page<Row>>(`${node.name}Connection`).implement({
      needs: 'inherited',
      description: `A page of a list of ${node.name}.`,
      fields: (t) => ({
        edges: t.field({ type: [edge], resolve: (of) => of.edges }),
        pageInfo: t.field({ type: pageInfo, resolve: (of) => of.pageInfo }),
        totalCount: t.field({ type: total, resolve: (of) => of.totalCount() }),
      }),
    })
  }

  /** The order input of a noun, from the sorts that its list knows. */
  const order = (noun: string, spec: ListSpec) => {
    const field = builder.enumType(`${noun}OrderField`, {
      description: `What a list of ${noun} can be ordered by.`,
      values: Object.keys(spec.order),
    })
    return builder.inputType(`${noun}Order`, {
      description: `The order of a list of ${noun}; equals are told apart by their id.`,
      fields: (t) => ({
        field: t.field({ type: field, required: true }),
        direction: t.field({ type: direction, required: true }),
      }),
    })
  }

  /** The arguments of every list. */
  const args = <Filter, Order>(
    filter: InputObjectRef<Types<Tables>, Filter>,
    orderBy: InputObjectRef<Types<Tables>, Order>,
  ) =>
    builder.args((t) => ({
      first: t.int({ description: 'Size of a page, 0 to 100; 20 unless said.' }),
      after: t.string({ description: 'The cursor to go on from.' }),
      last: t.int({ description: 'Size of a page that ends before a cursor, 0 to 100.' }),
      before: t.string({ description: 'The cursor to end before.' }),
      offset: t.int({ description: 'Items to skip, at most 10,000; cursors have no such bound.' }),
      filter: t.field({ type: filter }),
      orderBy: t.field({ type: orderBy }),
    }))

  /** How long every list is, for the gateway, which refuses what costs too much before anybody is asked. */
  const size = {
    assumedSize: pageSize.default,
    slicingArguments: ['first', 'last'],
    sizedFields: ['edges'],
    requireOneSlicingArgument: false,
  }

  const severity = () =>
    builder.enumType('Severity', {
      description: 'How bad it is, as OCSF severity_id 5 to 1; UNKNOWN when nobody has said.',
      values: screaming(severities),
    })

  const operationStatus = () =>
    builder.enumType('OperationStatus', {
      description: 'Where something that takes its time stands. The last three are ends.',
      values: screaming(operationStatuses),
    })

  const bucket = () =>
    builder.objectRef<Bucket>('Bucket').implement({
      needs: 'inherited',
      description: 'A count of the rows that share one value.',
      shareable: true,
      fields: (t) => ({
        key: t.exposeString('key', { description: 'The value, in lower case.' }),
        count: t.exposeInt('count'),
      }),
    })

  return { args, bucket, connection, numberRange, operationStatus, order, severity, size, timeRange }
}

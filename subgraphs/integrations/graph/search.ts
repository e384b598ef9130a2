import { screaming } from '#kit/builder.ts'
import * as searches from '../model/search.ts'
import { builder, lists } from './builder.ts'
import { Alert, Asset, Vulnerability } from './refs.ts'

const SearchKind = builder.enumType('SearchKind', {
  description: 'What a search over everything finds.',
  values: screaming(searches.kinds),
})

const only = (kind: searches.Kind) => (hit: searches.Hit) => (hit.kind === kind ? { id: hit.id } : null)
const SearchHit = builder.objectRef<searches.Hit>('SearchHit').implement({
  needs: 'inherited',
  description: 'Something that was found: of its three entities the one of its kind.',
  fields: (t) => ({
    kind: t.field({ type: SearchKind, resolve: ({ kind }) => kind }),
    id: t.exposeID('id'),
    asset: t.field({ type: Asset, nullable: true, resolve: only('asset') }),
    alert: t.field({ type: Alert, nullable: true, resolve: only('alert') }),
    vulnerability: t.field({ type: Vulnerability, nullable: true, resolve: only('vulnerability') }),
  }),
})
const SearchEdge = builder.objectRef<searches.Hit>('SearchEdge').implement({
  needs: 'inherited',
  description: 'One hit and its place in the search.',
  fields: (t) => ({
    cursor: t.exposeString('cursor'),
    node: t.field({ type: SearchHit, resolve: (hit) => hit }),
  }),
})
const SearchTotal = builder.objectRef<searches.KindTotal>('SearchTotal').implement({
  needs: 'inherited',
  description: 'How much was found of one kind.',
  fields: (t) => ({
    kind: t.field({ type: SearchKind, resolve: ({ kind }) => kind }),
    count: t.exposeInt('count', { description: 'Counting stops at 10,000.' }),
    isExact: t.exposeBoolean('isExact'),
  }),
})
const SearchConnection = builder.objectRef<searches.Found>('SearchConnection').implement({
  needs: 'inherited',
  description: 'A page of a search over everything, newest first.',
  fields: (t) => ({
    edges: t.field({ type: [SearchEdge], resolve: ({ hits }) => hits }),
    hasNextPage: t.exposeBoolean('hasNextPage'),
    endCursor: t.string({ nullable: true, resolve: ({ hits }) => hits.at(-1)?.cursor }),
    missing: t.field({
      type: [SearchKind],
      description: 'Kinds that did not answer in time: what was found of the others is here all the same.',
      resolve: ({ missing }) => missing,
    }),
    totals: t.field({
      type: [SearchTotal],
      description: 'Of each kind that answers.',
      resolve: (found, _args, context) => searches.totals(context, found),
    }),
  }),
})

const Severity = lists.severity()
const SearchFilter = builder.inputType('SearchFilter', {
  description: 'What hits must be besides.',
  fields: (t) => ({
    severity: t.field({ type: [Severity], description: 'Assets have none, and are not found by it.' }),
    assetId: t.idList({ description: 'These assets, and what is about them.' }),
    createdAt: t.field({ type: lists.timeRange }),
  }),
})

builder.queryField('search', (t) =>
  t.field({
    type: SearchConnection,
    description: 'What has a text in its name or title, of all kinds that the viewer may read, newest first.',
    authScopes: { signedIn: true },
    args: {
      query: t.arg.string({ required: true, description: 'From 1 to 200 characters.' }),
      kinds: t.arg({ type: [SearchKind], description: 'All that one may read unless said.' }),
      filter: t.arg({ type: SearchFilter }),
      first: t.arg.int({ description: 'Size of a page, 0 to 100; 20 unless said.' }),
      after: t.arg.string({ description: 'The cursor to go on from.' }),
    },
    listSize: {
      assumedSize: 20,
      slicingArguments: ['first'],
      sizedFields: ['edges'],
      requireOneSlicingArgument: false,
    },
    resolve: (_root, args, context) => searches.search(context, args),
  }),
)

import { compose, without } from './house.ts'

/** Each directive at each place that it may stand at, over two subgraphs. */
export const people = {
  people: `
    type Query { me: User users: [User!] grid: [[User!]!]! team: Team open: String must: String! @authenticated
      secret: String @authenticated scoped: String @requiresScopes(scopes: [["a", "b"], ["admin"]])
      ruled: String @policy(policies: [["adult", "local"], ["staff"]]) all: String @authenticated
        @requiresScopes(scopes: [["a"]]) @policy(policies: [["staff"]])
      vault: Vault vaults: [Vault!] solid: Vault! level: Level token: Token byLevel(level: Level, token: Token): String
      nodes: [Node!] node: Node found: [Found!] things: [Thing!] again: Query }
    type Mutation { open(id: ID): User close: User @authenticated count: Int }
    type Subscription { changed: User told: String @policy(policies: [["staff"]]) mixed: User }
    type User implements Node @key(fields: "id") { id: ID! name: String email: String @authenticated
      phone: String! @requiresScopes(scopes: [["pii"]]) boss: User friends: [User!] level: Level vault: Vault }
    type Vault implements Node @authenticated { id: ID! code: String }
    type Team { lead: User! members: [User!]! }
    interface Node { id: ID! }
    interface Thing { label: String size: Int }
    type Box implements Thing { label: String @authenticated size: Int width: Int }
    type Bag implements Thing { label: String size: Int straps: Int }
    union Found = User | Vault | Team
    enum Level @authenticated { LOW HIGH }
    scalar Token @requiresScopes(scopes: [["tokens"]])`,
  pay: `
    type User @key(fields: "id") { id: ID! salary: Salary account: Account @authenticated title: String }
    type Salary @requiresScopes(scopes: [["pay"]]) { amount: String }
    type Account { number: String bank: String }`,
}
const peopleSdl = compose(people)

/** As compositions before 2.12 have it: what all types behind an interface ask is not asked by the interface. */
export const peopleSdlBefore = without(peopleSdl, ['Node', 'Thing.label'])

/** An interface that is an object in another subgraph, which guards the field that it adds. */
export const media = {
  books: `
    type Query { media: [Media!] book: Book }
    interface Media @key(fields: "id") { id: ID! title: String }
    type Book implements Media @key(fields: "id") { id: ID! title: String pages: Int }
    type Film implements Media @key(fields: "id") { id: ID! title: String }`,
  sales: `type Media @interfaceObject @key(fields: "id") { id: ID! sold: String @authenticated rating: String }`,
}

/** The same, where what is added is computed from what is guarded. */
export const priced = {
  books: `
    type Query { media: [Media!] book: Book }
    interface Media @key(fields: "id") { id: ID! price: String }
    type Book implements Media @key(fields: "id") { id: ID! price: String @authenticated }
    type Film implements Media @key(fields: "id") { id: ID! price: String @authenticated }`,
  sales: `type Media @interfaceObject @key(fields: "id") { id: ID! price: String @external
    sold: String @requires(fields: "price") @authenticated rating: String }`,
}

/** A field that is computed from another one, in another subgraph. */
export const derived = {
  users: `
    type Query { user: User }
    type User @key(fields: "id") { id: ID! email: String @authenticated name: String address: Address }
    type Address { street: String @authenticated town: String }`,
  mail: `
    type User @key(fields: "id") { id: ID! email: String @external address: Address @external
      greeting: String @requires(fields: "email") @authenticated far: String @requires(fields: "address { street }") @authenticated
      near: String @requires(fields: "address { town }") }
    type Address @shareable { street: String @external town: String @external }`,
}

/** Entities whose key not everybody may see. */
export const keyed = {
  names: `type Query { doc: Doc docs: [Doc!] } type Doc @key(fields: "id") { id: ID! @authenticated name: String }`,
  texts: `type Doc @key(fields: "id") { id: ID! @authenticated text: String }`,
}

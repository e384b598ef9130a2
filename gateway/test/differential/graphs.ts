import type { Subgraphs } from './world.ts'

/** A shop of everything that federation offers. */
export const shop: Subgraphs = {
  catalog: `
    type Query { products(first: Int = 2): [Product!] product(id: ID!): Product media: [Media] search(text: String): [Found!]!
      shared(of: Int): Shared @shareable brands: [Brand!] me: User anything: Anything }
    type Mutation { rename(id: ID!, name: String): Product touch: Int! }
    type Product @key(fields: "id") @key(fields: "sku region { code }") {
      id: ID! sku: String! region: Region! @shareable name: String! price(in: Currency = EUR): Float weight(unit: Unit): Int
      size: Size @shareable tags: [String!] grid: [[Int!]!]! maker: Brand! parts(kind: Kind): [Part] old: String
      labels: [Label!]! @shareable
    }
    type Region { code: ID! @shareable name: String @shareable }
    type Label { text: String! @shareable }
    type Size { width: Int! @shareable height: Int @shareable unit: Unit! @shareable }
    type Part implements Named { name: String kind: Kind! count: Int! box: Size! of: Product }
    enum Unit { GRAM KILO }
    enum Currency { EUR USD }
    enum Kind { RED GREEN BLUE }
    interface Named { name: String }
    interface Media @key(fields: "id") { id: ID! title: String! length: Int author: User }
    type Book implements Media @key(fields: "id") { id: ID! title: String! length: Int author: User pages(from: Int): [Int!] isbn: ID }
    type Film implements Media @key(fields: "id") { id: ID! title: String! length: Int author: User pages(from: Int): [Int!] cast: [User!]! }
    union Found = Product | Book | User | Part
    type Brand implements Named @key(fields: "id") { id: ID! name: String founder: User products: [Product!]! }
    type User implements Named @key(fields: "id") { id: ID! name: String @shareable mail: String! @external
      friends: [User!] @provides(fields: "mail") }
    type Shared { one: Int @shareable nested: Nested @shareable left: String }
    type Nested { same: String @shareable catalogOnly: Int }
    interface Anything { note: String }
    type Left implements Anything { note: String value: Int left: Brand }
    type Right implements Anything { note: String value(times: Int): Int right: Size! }
  `,
  stock: `
    type Query { shared(of: Int): Shared @shareable shelves: [[Shelf]] shelf(id: ID!): Shelf }
    type Mutation { restock(id: ID!): Shelf! }
    enum Unit { GRAM KILO }
    enum Currency { EUR USD }
    type Product @key(fields: "sku region { code }") {
      sku: String! region: Region! @shareable size: Size @external price(in: Currency = EUR): Float @external
      weight(unit: Unit): Int @external name: String! @external labels: [Label!]! @external
      inStock: Int! shelf: Shelf old: String @override(from: "catalog")
      freight(express: Boolean): Int @requires(fields: "weight(unit: GRAM) size { width height }")
      value: Float @requires(fields: "price(in: USD)")
      slogan(loud: Boolean!): String! @requires(fields: "name labels { text }")
    }
    type Region { code: ID! @shareable name: String @shareable }
    type Label { text: String! @external }
    type Size { width: Int! @external height: Int @external }
    type Shelf @key(fields: "id") { id: ID! row: Int! products: [Product!] best: Product rows: [[Slot!]]! }
    type Slot { number: Int! product: Product }
    type Media @interfaceObject @key(fields: "id") { id: ID! copies: Int shelf: Shelf }
    type Shared { one: Int @shareable nested: Nested @shareable right: String! }
    type Nested { same: String @shareable stockOnly: Float }
  `,
  people: `
    type Query { me2: User users(first: Int): [User!]! favourite: Favourite someMedia: [Media!] }
    type User @key(fields: "id") { id: ID! name: String @shareable mail: String! @shareable likes: [Favourite!] boss: User
      nick(of: String = "x"): String wishes: [Product!]! }
    type Product @key(fields: "id") { id: ID! reviews(first: Int): [Review!] rating: Float! }
    type Review @key(fields: "id") { id: ID! text: String by: User! product: Product! stars: Int! }
    union Favourite = Product | Brand | User | Review
    type Brand @key(fields: "id") { id: ID! fans: [User!]! slogan: String @inaccessible motto: String }
    type Media @interfaceObject @key(fields: "id") { id: ID! reviews: [Review] }
  `,
}

/** Chains and circles of entities by different keys. */
export const chain: Subgraphs = {
  a: `type Query { start: A list: [A!]! twins: [Twin!]! }
    type A @key(fields: "id") { id: ID! next: B twin: Twin }
    type B @key(fields: "id", resolvable: false) { id: ID! }
    union Twin = A | T
    type T @key(fields: "id") { id: ID! text(of: Int): String! a: A }`,
  b: `type B @key(fields: "id") @key(fields: "code") { id: ID! code: Int! name: String! c: [C!] team: Team }
    type Team @key(fields: "members { id }") { members: [B!]! size: Int }
    type C @key(fields: "owner { id }") { owner: B! note(of: String): String coded: Coded }
    union Coded = B | E
    type E @key(fields: "code", resolvable: false) { code: String! }`,
  c: `type E @key(fields: "code") { code: String! word: String! }
    type Team @key(fields: "members { id } tags") { members: [B!]! tags: [String!]! motto: String! lead: D }
    type C @key(fields: "owner { id }") { owner: B! d: D! count: Int! more: [C!] }
    type B @key(fields: "id") { id: ID! extra: Int }
    type D @key(fields: "id") { id: ID! text: String depth: [[[Int]]] }
    type T @key(fields: "id") { id: ID! other(of: Int): String next: T }`,
  d: `type E @key(fields: "code") { code: String! back: A }
    type Team @key(fields: "members { code }") { members: [B!]! tags: [String!]! @shareable rank: Int }
    type D @key(fields: "id") { id: ID! text: String @external loud: String! @requires(fields: "text") a: A }
    type A @key(fields: "id") { id: ID! fromD: Float! self: A }
    type B @key(fields: "code") { code: Int! byCode: String }`,
}

// Apart from the shop: where a third subgraph leads to such an interface, the planner’s own graph gets a circle.
/** An interface whose fields are also those of an object elsewhere, and depend on each other. */
export const press: Subgraphs = {
  desk: `type Query { media: [Media!]! one(id: ID!): Media films: [Film!] }
    interface Media @key(fields: "id") { id: ID! title(in: Tongue! = EN): String! length: Int }
    enum Tongue { EN DE }
    type Book implements Media @key(fields: "id") { id: ID! title(in: Tongue! = EN): String! length: Int isbn: String! }
    type Film implements Media @key(fields: "id") { id: ID! title(in: Tongue! = EN): String! length: Int cast: [Media] }
    type Song implements Media @key(fields: "id") { id: ID! title(in: Tongue! = EN): String! length: Int }`,
  archive: `type Media @interfaceObject @key(fields: "id") { id: ID! title(in: Tongue! = EN): String! @external
      length: Int @external label(of: String): String @requires(fields: "title(in: DE)")
      shelf: Int @requires(fields: "length") copies: Int }
    enum Tongue { EN DE }`,
}

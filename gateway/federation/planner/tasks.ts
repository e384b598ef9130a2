/** What a planning process is asked. Supergraphs have numbers, so that each is sent once. */
export type Asked =
  | { kind: 'load'; supergraph: number; supergraphSdl: string }
  | { kind: 'plan'; supergraph: number; text: string; operationName: string | undefined }
export type Task = Asked | { kind: 'forget'; supergraph: number }

export type Answer =
  | { json: string }
  /** A GraphQLError. */
  | { refusal: { message: string; extensions: { code: unknown } } }
  | { failure: string }

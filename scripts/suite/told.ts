/** What a process that runs test files is asked, and what it tells. Plain data: it goes from one process to another. */

export type Asked = { file: string }

export type Ended = {
  kind: 'passed' | 'failed'
  name: string
  isSuite: boolean
  skip?: string | boolean | undefined
  /** Of a failure. */
  reason?: string
}

export type Told = Ended | { kind: 'done' /** In bytes. */; memory: number }

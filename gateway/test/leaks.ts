import assert from 'node:assert/strict'

/** What no client may ever read: where things run, what they run, and how they broke. */
const never: Record<string, RegExp> = {
  address: /\b(?:127\.0\.0\.1|localhost|::1|\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}|[\w-]+\.internal)\b/,
  failure: /\bE(?:CONN|PIPE|NOTFOUND|TIMEDOUT|NOENT|ADDR)\w*|UND_ERR|socket hang up|other side closed/i,
  stack: /\n? +at |stacktrace|\.[cm]?[jt]s:\d|node:internal|node_modules/,
  path: /\/(?:graphql\b|home\/|tmp\/|usr\/|work\/|root\/|var\/)|[a-z]:\\\\/i,
  sql: /\b(?:select|insert into|update|delete from)\b.+\b(?:from|values|set|where)\b|relation "|syntax error at or near/i,
  cause:
    /Unexpected token|JSON at position|Maximum call stack|is not iterable|Cannot read prop|originalError/,
  mark: /serviceName|DOWNSTREAM_SERVICE_ERROR/,
}

/**
 * Fails where an answer tells what only operators may know.
 * @param secrets ports, names of subgraphs and other words of one test that must not come out
 */
export function assertNoLeak(text: string, secrets: readonly (string | number)[] = []): void {
  for (const [what, pattern] of Object.entries(never)) {
    const found = pattern.exec(text)
    assert.equal(found, null, `the answer tells of a ${what}: ${found?.[0]}`)
  }
  for (const secret of secrets)
    assert.doesNotMatch(text, new RegExp(`\\b${secret}\\b`), `the answer tells "${secret}"`)
}

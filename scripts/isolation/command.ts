import { writeFileSync } from 'node:fs'
import manifest from '../../package.json' with { type: 'json' }
import { selfTest } from './mutants.ts'
import { asJson, asText } from './report.ts'
import { verify } from './verify.ts'

export type Options = { json?: boolean; output?: string; selfTest?: boolean }

/** Attacks a house of its own and reports; the process ends with 1 when anything of another tenant was seen. */
export async function verifyIsolation({ json, output, selfTest: isSelfTest }: Options): Promise<void> {
  if (isSelfTest) return testItself(json === true)
  const verified = await verify()
  const text = json
    ? `${JSON.stringify(asJson(verified), null, 2)}\n`
    : asText(verified, manifest.version, new Date())
  if (output) writeFileSync(output, text)
  else process.stdout.write(text)
  if (verified.ledger.findings.length > 0) process.exitCode = 1
}

async function testItself(json: boolean): Promise<void> {
  const tested = await selfTest()
  if (json) console.log(JSON.stringify(tested, null, 2))
  else
    for (const { mutant, found, findings, first } of tested)
      console.log(
        `${found ? 'ok    ' : 'FAILED'}  ${mutant}: ${findings} findings${first ? `, such as ${first}` : ''}`,
      )
  if (tested.some(({ found }) => !found)) process.exitCode = 1
}

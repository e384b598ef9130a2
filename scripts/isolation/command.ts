import { writeFileSync } from 'node:fs'
import manifest from '../../package.json' with { type: 'json' }
import { asJson, asText } from './report.ts'
import { type Verified, verify, type Wanted } from './verify.ts'

export type Options = Pick<Wanted, 'selfTest' | 'sample' | 'drawn' | 'seed'> & {
  json?: boolean
  output?: string
}

/** Attacks a house of its own and reports; the process ends with 1 when anything of another tenant was seen. */
export async function verifyIsolation({ json, output, ...wanted }: Options): Promise<void> {
  const verified = await verify(wanted)
  const text = json
    ? `${JSON.stringify(asJson(verified), null, 2)}\n`
    : asText(verified, manifest.version, new Date())
  if (output) writeFileSync(output, text)
  else process.stdout.write(text)
  if (!isRight(verified)) process.exitCode = 1
}

const isRight = ({ ledger, mutants }: Verified) =>
  ledger.findings.length === 0 && (mutants ?? []).every(({ found }) => found)

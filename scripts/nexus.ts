/** The `nexus` command. */
import { Command } from 'commander'
import manifest from '../package.json' with { type: 'json' }
import { Refused } from './nexus-client.ts'
import { importFile } from './nexus-import.ts'

const program = new Command('nexus')
  .description('Nexus from the command line')
  .version(manifest.version)
  .showHelpAfterError()

program
  .command('import')
  .description('Import a scanner report: Trivy JSON, Grype JSON or SARIF 2.1.0')
  .argument('<file>', 'the report')
  .option('--format <format>', 'trivy, grype or sarif; found out when left out')
  .option('--asset <name>', 'the asset that it is about; else the report, or the file, names it')
  .option('--json', 'print the outcome as one line of JSON')
  .addHelpText(
    'after',
    `
Server and account: NEXUS_URL with NEXUS_TOKEN, or with NEXUS_EMAIL and NEXUS_PASSWORD.
Without them, the house that runs in NEXUS_DATA_DIR (default .nexus) and its demo admin.`,
  )
  .action(importFile)

program
  .command('verify-isolation')
  .description('Attack one tenant from another, in a house of its own, and report what was seen')
  .option('--json', 'print counts and findings as JSON, not as Markdown')
  .option('--output <file>', 'write the report there')
  .option('--self-test', 'take walls away, one after the other, and see that each is missed')
  .action(async (options) => (await import('./isolation/command.ts')).verifyIsolation(options))

try {
  await program.parseAsync()
} catch (error) {
  if (!(error instanceof Refused)) throw error
  console.error(error.message)
  process.exitCode = 1
}

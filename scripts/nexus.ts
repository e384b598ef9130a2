/** The `nexus` command. */
import { Command, InvalidArgumentError } from 'commander'
import manifest from '../package.json' with { type: 'json' }
import { createAdmin } from './nexus-admin.ts'
import { verifyAudit } from './nexus-audit.ts'
import { Refused } from './nexus-client.ts'
import { importFile } from './nexus-import.ts'
import { loadIntel } from './nexus-intel.ts'
import { rewrap } from './nexus-keys.ts'
import { conditionOf, exportVex, importVex } from './nexus-vex.ts'

const serverHelp = `
Server and account: NEXUS_URL with NEXUS_TOKEN, or with NEXUS_EMAIL and NEXUS_PASSWORD.
Without them, the house that runs in NEXUS_DATA_DIR (default .nexus) and its demo admin.`

const program = new Command('nexus')
  .description('Nexus from the command line')
  .version(manifest.version)
  .showHelpAfterError()

const whole = (text: string): number => {
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('Not a whole number')
}

program
  .command('import')
  .description('Import a scanner report: Trivy JSON, Grype JSON or SARIF 2.1.0')
  .argument('<file>', 'the report')
  .option('--format <format>', 'trivy, grype or sarif; found out when left out')
  .option('--asset <name>', 'the asset that it is about; else the report, or the file, names it')
  .option('--json', 'print the outcome as one line of JSON')
  .addHelpText('after', serverHelp)
  .option('--preview', 'only tell what the import would do')
  .action(importFile)

const vex = program.command('vex').description('What is said of findings, in words that others read')
vex
  .command('export')
  .description('Write what is said of findings as a VEX document')
  .option('--format <format>', 'openvex or cyclonedx', 'openvex')
  .option('--output <file>', 'where to; else it is printed')
  .option('--where <condition>', 'of which findings, such as severity=critical; again for more', conditionOf)
  .addHelpText('after', serverHelp)
  .action(exportVex)
vex
  .command('import')
  .description('Carry what a VEX document says over to the findings that it is about')
  .argument('<file>', 'OpenVEX 0.2.0 or CycloneDX 1.4 to 1.6, as JSON')
  .option('--format <format>', 'openvex or cyclonedx; found out when left out')
  .option(
    '--where <condition>',
    'which findings it may change, such as asset_id=…; again for more',
    conditionOf,
  )
  .option('--dry-run', 'only tell what would become of it')
  .option('--json', 'print the outcome as one line of JSON')
  .addHelpText('after', serverHelp)
  .action(importVex)

program
  .command('verify-isolation')
  .description('Attack one tenant from another, in a house of its own, and report what was seen')
  .option('--json', 'print counts and findings as JSON, not as Markdown')
  .option('--output <file>', 'write the report there')
  .option('--sample', 'attack all there is, but each thing as some of the roles: quicker')
  .option('--drawn <count>', 'attack so many times more, by lot', whole)
  .option('--seed <number>', 'of the lots; else it is drawn', whole)
  .option('--self-test', 'then take walls away, one after the other, and see that each is missed')
  .action(async (options) => (await import('./isolation/command.ts')).verifyIsolation(options))

program
  .command('admin')
  .description('Work at the database itself, for who runs the platform')
  .command('create')
  .description('Make the first admin of an organization, and the organization where there is none')
  .requiredOption('--organization <slug>', 'its short name, such as acme')
  .requiredOption('--email <e-mail>', 'whom to make its admin')
  .option('--organization-name <name>', 'what to call it, where it is new')
  .option('--name <name>', 'what to call the admin')
  .addHelpText(
    'after',
    `
Database: DATABASE_URL with NEXUS_SECRET, or the embedded one in NEXUS_DATA_DIR (default .nexus).
Refuses where the organization has an admin. Prints a token that sets the password of a new account, once.`,
  )
  .action(async (options) => createAdmin(options))
const audit = program.command('audit').description('The audit trail')
audit
  .command('verify')
  .description('Walk the chains of the journal; exits with 1 when something was done to them')
  .option('--checkpoints <path...>', 'files or folders of signed checkpoints; else NEXUS_CHECKPOINT_DIR')
  .option('--json', 'print the outcome as one line of JSON')
  .addHelpText(
    'after',
    `
DATABASE_URL with NEXUS_SECRET; without them, the house in NEXUS_DATA_DIR (default .nexus).`,
  )
  .action(verifyAudit)

program
  .command('intel')
  .description('What the world knows of weaknesses')
  .command('load')
  .description(
    'Load likelihoods of FIRST (EPSS) and lists of what is exploited (KEV), and judge findings by them',
  )
  .option('--epss <file>', 'CSV as FIRST publishes it, perhaps gzipped')
  .option('--kev <file>', 'JSON as CISA publishes it, perhaps gzipped')
  .option('--asserter <name>', 'who lists what is exploited', 'CISA')
  .option('--json', 'print the outcome as one line of JSON')
  .addHelpText(
    'after',
    `
Database: DATABASE_URL as its owner with NEXUS_SECRET, or the embedded one in NEXUS_DATA_DIR (default .nexus).
Load as often as you like: what is as it was is not written.`,
  )
  .action(loadIntel)

program
  .command('keys')
  .description('The keys of sealed values')
  .command('rewrap')
  .description('Put all data keys under the present master key; exits with 1 when one stays closed')
  .option('--all', 'also those that it has wrapped itself, where its keeper has given it a new version')
  .option('--json', 'print the outcome as one line of JSON')
  .addHelpText(
    'after',
    `
Every process must know both master keys first. Database: DATABASE_URL as its owner with NEXUS_SECRET, or the
embedded one in NEXUS_DATA_DIR (default .nexus).`,
  )
  .action(rewrap)

try {
  await program.parseAsync()
} catch (error) {
  if (!(error instanceof Refused)) throw error
  console.error(error.message)
  process.exitCode = 1
}

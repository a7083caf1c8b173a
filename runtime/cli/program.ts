import { Command, CommanderError } from 'commander'
import { exitCodeOf } from './exit-code.ts'
import { packageVersion } from './package-version.ts'
import { printError } from './print-error.ts'
import { endQuietlyWithoutReader } from './terminal.ts'

interface LazyCommand {
  readonly summary: string
  readonly load: () => Promise<Command>
}

/** Loaded when asked for only: `--help` and `validate` must not wait for a database driver. */
const COMMANDS: Readonly<Record<string, LazyCommand>> = {
  run: {
    summary: 'run connectors in a worker',
    load: async () => (await import('./run.ts')).runCommand()
  },
  worker: {
    summary: 'run a worker of a group, with the REST API',
    load: async () => (await import('./worker.ts')).workerCommand()
  },
  validate: {
    summary: 'check connector and worker files and name every problem',
    load: async () => (await import('./validate.ts')).validateCommand()
  },
  topics: {
    summary: 'list, read and copy topics',
    load: async () => (await import('./topics.ts')).topicsCommand()
  },
  offsets: {
    summary: 'show and reset where connectors stand',
    load: async () => (await import('./offsets.ts')).offsetsCommand()
  },
  connectors: {
    summary: 'list, create, change and stop the connectors of a worker group',
    load: async () => (await import('./connectors.ts')).connectorsCommand()
  },
  apply: {
    summary: 'make the connectors of a worker group what files say',
    load: async () => (await import('./apply.ts')).applyCommand()
  },
  export: {
    summary: 'write the connectors of a worker group as files',
    load: async () => (await import('./export.ts')).exportCommand()
  },
  plugins: {
    summary: 'list and describe connectors, transforms and converters',
    load: async () => (await import('./plugins.ts')).pluginsCommand()
  },
  schema: {
    summary: 'print a JSON Schema of the files, for editors',
    load: async () => (await import('./schema.ts')).schemaCommand()
  },
  'hash-password': {
    summary: 'make the hash of a password or token, for logins of the REST API',
    load: async () => (await import('./hash-password.ts')).hashPasswordCommand()
  },
  generate: {
    summary: 'write connectors/registry.ts and docs/connectors/ (for development)',
    load: async () => (await import('./generate.ts')).generateCommand()
  }
}

const HELP = `
Examples:
  $ millrace run configs/                    run the connectors of a folder
  $ millrace validate configs/*.yaml         check files, without starting anything
  $ millrace topics tail shop.public.orders  read a topic from its beginning
  $ millrace plugins describe postgres       list the keys of a connector
  $ millrace apply connectors/ --dry-run     compare files with what a worker group runs

Exit codes: 0 done; 1 failed; 2 wrong usage or configuration; 3 broker or system out of reach.
Docs: docs/cli.md`

/**
 * Runs the command line and never throws.
 *
 * @param args what follows the program's name
 * @returns the exit code, as `docs/cli.md` lists them
 */
export async function main(args: readonly string[]): Promise<number> {
  endQuietlyWithoutReader()
  const program = new Command('millrace')
    .description('A Kafka Connect-style connector runtime: topics embedded or in Kafka.')
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help; also: millrace <command> --help')
    .addHelpText('after', HELP)
  try {
    const words = args.filter((word) => !word.startsWith('-'))
    const asked = words[0] === 'help' ? words[1] : words[0]
    for (const [name, { summary, load }] of Object.entries(COMMANDS)) {
      program.addCommand(name === asked ? await load() : new Command(name).description(summary))
    }
    throwInsteadOfExit(program)
    await program.parseAsync([...args], { from: 'user' })
    return typeof process.exitCode === 'number' ? process.exitCode : 0
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 || isHelp(error) ? 0 : 2
    printError(error)
    return exitCodeOf(error)
  }
}

function isHelp(error: CommanderError): boolean {
  return ['commander.help', 'commander.helpDisplayed', 'commander.version'].includes(error.code)
}

function throwInsteadOfExit(command: Command): void {
  command.exitOverride().showSuggestionAfterError()
  for (const child of command.commands) throwInsteadOfExit(child)
}

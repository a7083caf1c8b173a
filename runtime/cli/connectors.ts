import { Command, Option } from 'commander'
import { connectionOptions } from './connect/connection.ts'
import { waitOptions } from './connect/session.ts'

const HELP = `
They speak Kafka Connect's REST API, to a Millrace worker and to Kafka Connect alike. Any worker of
a group will do: it passes on what another one has to carry out.

Where the worker is: --url or MILLRACE_URL (default http://localhost:8083). Who asks: --user or
MILLRACE_USER with MILLRACE_PASSWORD, or MILLRACE_TOKEN; both secrets may be references such as
\${file:/run/secrets/connect:password}.`

const LIST_HELP = `
Examples:
  $ millrace connectors list
  $ millrace connectors list --url http://connect.example.com:8083
  $ millrace connectors list --json | jq -r '.[] | select(.state == "FAILED") | .name'`

const GET_HELP = `
Prints a file that millrace apply reads back. Secrets in clear are masked, references are not.

Examples:
  $ millrace connectors get shop
  $ millrace connectors get shop --json | jq -r '.config["table.include.list"]'`

const STATUS_HELP = `
Without names: all connectors. The last column is the first line of the trace; --json has all of it.

Examples:
  $ millrace connectors status shop
  $ millrace connectors status --watch
  $ millrace connectors status --exit-code      1 when something is neither running, paused nor stopped`

const CREATE_HELP = `
FILES are connector files as in docs/cli.md. A connector that exists already is an error, and the
others are created all the same. References stay references: the worker resolves them.

Examples:
  $ millrace connectors create shop.yaml
  $ millrace connectors create configs/ --no-wait`

const UPDATE_HELP = `
Replaces the configuration of connectors that exist; their state stays as it is. A value that the
file has masked (********) is left as the worker has it. See also: millrace apply --help

Examples:
  $ millrace connectors update shop.yaml`

const RESTART_HELP = `
Restarts the connector with all of its tasks. Kafka Connect's own default is the connector alone,
which leaves failed tasks as they are: that is --no-tasks.

Examples:
  $ millrace connectors restart shop
  $ millrace connectors restart shop --only-failed      what is FAILED, and nothing else
  $ millrace connectors restart shop --task 0`

const OFFSETS_HELP = `
--set and --reset need a stopped connector, and only say what they would do without --yes. --set
takes a file or JSON: what --json prints, or a list of partitions and offsets; a null offset is
forgotten. Partitions that are not named stay. A source whose offsets are reset begins anew.

Examples:
  $ millrace connectors offsets shop
  $ millrace connectors stop shop && millrace connectors offsets shop --reset --yes
  $ millrace connectors offsets warehouse --yes --set \\
      '[{"partition": {"kafka_topic": "orders", "kafka_partition": 0}, "offset": {"kafka_offset": 42}}]'`

const STATE_HELP = {
  pause: `
Tasks stay where they are and do nothing. A failed task stays failed.

Examples:
  $ millrace connectors pause shop
  $ millrace connectors pause shop warehouse --no-wait`,
  resume: `
After pause and after stop. A failed task is not started by it: see restart.

Examples:
  $ millrace connectors resume shop`,
  stop: `
Ends the tasks and gives up what they hold, such as connections. The offsets stay.

Examples:
  $ millrace connectors stop shop`,
  delete: `
Deletes connectors with their configuration. Their offsets stay: a new connector of the same name
goes on from them.

Examples:
  $ millrace connectors delete shop`
} as const

/** `millrace connectors ...`. */
export function connectorsCommand(): Command {
  const command = new Command('connectors')
    .description('list, create, change and stop the connectors of a worker group, over REST')
    .addHelpText('after', HELP)
  for (const each of [...showCommands(), ...writeCommands(), ...stateCommands()]) {
    for (const option of connectionOptions()) each.addOption(option)
    command.addCommand(each)
  }
  return command
}

function showCommands(): readonly Command[] {
  const list = new Command('list')
    .description('list connectors with their states')
    .option('--json', 'print one JSON document')
    .addHelpText('after', LIST_HELP)
    .action(async (options) => (await import('./connect/show-connectors.ts')).list(options))
  const get = new Command('get')
    .description('print the configuration of a connector')
    .argument('<name>', 'name of the connector')
    .option('--json', 'print one JSON document')
    .option('--show-secrets', 'print secrets in clear, where the worker answers them')
    .addHelpText('after', GET_HELP)
    .action(async (name, options) =>
      (await import('./connect/show-connectors.ts')).get(name, options)
    )
  const status = new Command('status')
    .description('show states of connectors and tasks, and why one failed')
    .argument('[names...]', 'names of connectors')
    .option('--watch', 'print again whenever something has changed, until Ctrl-C')
    .option('--exit-code', 'end with 1 when not all is well')
    .option('--json', 'print one JSON document')
    .addHelpText('after', STATUS_HELP)
    .action(async (names, options) =>
      (await import('./connect/show-connectors.ts')).status(names, options)
    )
  return [list, get, status]
}

function writeCommands(): readonly Command[] {
  const create = new Command('create')
    .description('create the connectors of files')
    .argument('<files...>', 'files, folders or globs: YAML, JSON or .properties')
    .addHelpText('after', CREATE_HELP)
    .action(async (files, options) =>
      (await import('./connect/write-connectors.ts')).create(files, options)
    )
  const update = new Command('update')
    .description('give connectors the configuration of files')
    .argument('<files...>', 'files, folders or globs: YAML, JSON or .properties')
    .addHelpText('after', UPDATE_HELP)
    .action(async (files, options) =>
      (await import('./connect/write-connectors.ts')).update(files, options)
    )
  const offsets = new Command('offsets')
    .description('show, set and reset where a connector stands')
    .argument('<name>', 'name of the connector')
    .addOption(new Option('--set <file|json>', 'offsets to set').conflicts('reset'))
    .option('--reset', 'forget all offsets')
    .option('--yes', 'do it')
    .option('--json', 'print one JSON document')
    .addHelpText('after', OFFSETS_HELP)
    .action(async (name, options) =>
      (await import('./connect/change-offsets.ts')).run(name, options)
    )
  return [waiting(create), waiting(update), offsets]
}

function stateCommands(): readonly Command[] {
  const restart = new Command('restart')
    .description('restart connectors with their tasks')
    .argument('<names...>', 'names of connectors')
    .option('--only-failed', 'only what is FAILED')
    .option('--no-tasks', 'the connector alone, as is the default of Kafka Connect')
    .addOption(new Option('--task <number>', 'one task alone').conflicts(['onlyFailed']))
    .addHelpText('after', RESTART_HELP)
    .action(async (names, options) =>
      (await import('./connect/change-state.ts')).restart(names, options)
    )
  const remove = new Command('delete')
    .description('delete connectors; their offsets stay')
    .argument('<names...>', 'names of connectors')
    .addHelpText('after', STATE_HELP.delete)
    .action(async (names, options) =>
      (await import('./connect/change-state.ts')).remove(names, options)
    )
  const changes = (['pause', 'resume', 'stop'] as const).map((change) =>
    new Command(change)
      .description(`${change} connectors`)
      .argument('<names...>', 'names of connectors')
      .addHelpText('after', STATE_HELP[change])
      .action(async (names, options) =>
        (await import('./connect/change-state.ts')).changeState(change, names, options)
      )
  )
  return [...changes.map(waiting), waiting(restart), remove]
}

function waiting(command: Command): Command {
  for (const option of waitOptions()) command.addOption(option)
  return command
}

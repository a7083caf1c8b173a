import { Command, Option } from 'commander'
import { type BrokerOptions, brokerOptions } from './open-broker.ts'

const SHOW_HELP = `
For a source: what it stored with its last records. For a sink: its consumer group, with the end of
each partition and how far it is behind.

Examples:
  $ millrace offsets show shop
  $ millrace offsets show warehouse --worker worker.yaml --json`

const RESET_HELP = `
Without --yes it only says what it would do. A source begins anew, with a snapshot if it takes one.
A sink reads again from --to: beginning (the default), end, an offset, -n, or a time.

A sink that keeps its offsets in its target, as postgres-sink does, goes by those: delete its rows
there too.

Examples:
  $ millrace offsets reset shop                          what would be done
  $ millrace offsets reset shop --yes
  $ millrace offsets reset warehouse --to 2026-01-31T12:00:00Z --yes`

/** `millrace offsets show|reset`. */
export function offsetsCommand(): Command {
  const show = withBroker(new Command('show'))
    .description('show where a connector stands')
    .argument('<connector>', 'name of the connector')
    .addOption(groupOption())
    .option('--json', 'print one JSON document')
    .addHelpText('after', SHOW_HELP)
    .action(async (name: string, options: BrokerOptions & { group?: string; json?: boolean }) => {
      const { showOffsets } = await import('./show-offsets.ts')
      await showOffsets(name, options)
    })
  const reset = withBroker(new Command('reset'))
    .description('make a stopped connector begin anew, or a sink read from another position')
    .argument('<connector>', 'name of the connector')
    .addOption(groupOption())
    .option('--to <position>', 'of a sink: where it reads from, see below', 'beginning')
    .option('--yes', 'do it')
    .option('--force', 'also when the status says that it runs, after a worker was killed')
    .addHelpText('after', RESET_HELP)
    .action(async (name: string, options) => {
      const { resetOffsets } = await import('./reset-offsets.ts')
      await resetOffsets(name, options)
    })
  return new Command('offsets')
    .description('show and reset where connectors stand')
    .addCommand(show)
    .addCommand(reset)
}

function groupOption(): Option {
  return new Option('--group <name>', 'consumer group of a sink (default: connect-<connector>)')
}

function withBroker(command: Command): Command {
  for (const option of brokerOptions()) command.addOption(option)
  return command
}

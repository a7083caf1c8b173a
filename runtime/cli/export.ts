import { Command, Option } from 'commander'
import { connectionOptions } from './connect/connection.ts'

const HELP = `
Prints connector files that millrace apply reads back without a change. Connectors that are paused
or stopped have initial_state.

Secrets in clear are masked (********), and apply leaves masked secrets as the worker has them; a
comment says which reference to write instead. With --references the references are written: apply
then replaces the secrets by them, so set the variables for the workers first. References that are
there already stay.

Where the worker is and who asks: see millrace connectors --help

Examples:
  $ millrace export > connectors.yaml
  $ millrace export shop warehouse
  $ millrace export --to connectors/            a file for each connector`

/** `millrace export`. */
export function exportCommand(): Command {
  const command = new Command('export')
    .description('write the connectors of a worker group as files')
    .argument('[names...]', 'names of connectors (default: all)')
    .option('--to <folder>', 'write a file for each connector into a folder')
    .option('--force', 'with --to: also over files that are there')
    .option('--references', 'write references in place of secrets')
    .addOption(
      new Option(
        '--show-secrets',
        'write secrets in clear, where the worker answers them'
      ).conflicts('references')
    )
    .addHelpText('after', HELP)
    .action(async (names, options) =>
      (await import('./connect/export-connectors.ts')).exportConnectors(names, options)
    )
  for (const option of connectionOptions()) command.addOption(option)
  return command
}

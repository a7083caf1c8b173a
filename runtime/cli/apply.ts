import { Command, Option } from 'commander'
import { connectionOptions } from './connect/connection.ts'
import { waitOptions } from './connect/session.ts'

const HELP = `
Compares the connectors of files with those of a worker group, prints what differs, and makes it so:
changes first, then new connectors, then deletions. What is the same is left alone, so it can run as
often as you like. After an error the others are still done, but nothing is deleted.

- A file with initial_state also sets the state of a connector that exists. Without it the state is
  left as it is: what somebody has paused stays paused.
- Connectors that are in no file are named and left alone; --prune deletes them.
- References are compared as they are written. A secret that is masked in the file (********, as
  millrace export writes it) stays as the worker has it. One that a worker does not show cannot be
  compared; millrace connectors update sends it.

Works with a Millrace worker and with Kafka Connect. Where the worker is and who asks: see
millrace connectors --help

Examples:
  $ millrace apply connectors/ --dry-run         what would be done
  $ millrace apply connectors/
  $ millrace apply connectors/ --prune           also delete what is in no file
  $ millrace apply connectors/ --exit-code       for CI: 1 when something differs, changes nothing

Exit codes: 0 done; 1 something failed (or differs, with --exit-code); 2 wrong usage or configuration;
3 no worker answers.`

/** `millrace apply`. */
export function applyCommand(): Command {
  const command = new Command('apply')
    .description('make the connectors of a worker group what files say')
    .argument('<files...>', 'files, folders or globs: YAML, JSON or .properties')
    .option('--dry-run', 'only say what would be done, and what the worker has against it')
    .option('--prune', 'delete the connectors that are in no file')
    .addOption(
      new Option('--exit-code', 'as --dry-run, and end with 1 when something differs').implies({
        dryRun: true
      })
    )
    .addHelpText('after', HELP)
    .action(async (files, options) =>
      (await import('./connect/apply-files.ts')).apply(files, options)
    )
  for (const option of [...waitOptions(), ...connectionOptions()]) command.addOption(option)
  return command
}

import { Command } from 'commander'

const HELP = `
Runs the connectors of the files in one worker, until it is stopped. Without bootstrap.servers in a
worker file, topics are embedded: a folder under data.dir.

Examples:
  $ millrace run configs/                     all files of a folder
  $ millrace run worker.yaml shop.yaml        with the settings of a worker file
  $ millrace run --watch configs/             follow changes of the files

Ctrl-C (SIGINT) or SIGTERM: what was read is written and committed, then it ends with 0. Once more:
it ends at once; nothing is lost either way.
Exit codes: 0 stopped; 1 failed; 2 wrong usage or configuration; 3 broker or system out of reach.`

/** `millrace run`. */
export function runCommand(): Command {
  return new Command('run')
    .description('run connectors in a worker')
    .argument('<files...>', 'files, folders or globs: YAML, JSON or .properties')
    .option('--watch', 'apply changed files, without a restart of what has not changed')
    .option('--ready-file <file>', 'write this file when every task has started')
    .addHelpText('after', HELP)
    .action(async (files: string[], options: { watch?: boolean; readyFile?: string }) => {
      const { runWorker } = await import('./run-worker.ts')
      process.exitCode = await runWorker(files, options, process.cwd())
    })
}

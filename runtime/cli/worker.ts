import { Command } from 'commander'

const HELP = `
Runs a worker that shares connectors with the other workers of its group (group.id), and serves
Kafka Connect's REST API (listeners, by default port 8083). With bootstrap.servers the group is on
Kafka; without, it is the workers on this machine that share data.dir.

Examples:
  $ millrace worker worker.yaml               join the group that the file names
  $ millrace worker                           a group on this machine, with topics in ./.millrace
  $ millrace apply connectors/                then: bring connectors to the group

SIGTERM or Ctrl-C: the tasks end in order and the others take over at once. Once more: it ends at
once; nothing is lost either way.
Exit codes: 0 stopped; 1 failed; 2 wrong usage or configuration; 3 broker or system out of reach.`

/** `millrace worker`. */
export function workerCommand(): Command {
  return new Command('worker')
    .description('run a worker of a group, with the REST API')
    .argument('[files...]', 'worker file: YAML, JSON or .properties')
    .option('--ready-file <file>', 'write this file when the worker has joined its group')
    .addHelpText('after', HELP)
    .action(async (files: string[], options: { readyFile?: string }) => {
      const { serveWorker } = await import('./serve-worker.ts')
      process.exitCode = await serveWorker(files, options, process.cwd())
    })
}

import { Command, Option } from 'commander'
import type { Broker } from '../broker/broker.ts'
import { printExactJson } from '../stores/exact-json.ts'
import { type BrokerOptions, brokerOptions, openBrokerOf } from './open-broker.ts'
import { print, table } from './terminal.ts'

const LIST_HELP = `
Examples:
  $ millrace topics list                              the embedded topics of ./.millrace
  $ millrace topics list --bootstrap-servers k:9092   those of a Kafka
  $ millrace topics list --worker worker.yaml --json`

const TAIL_HELP = `
--from takes:
  beginning (the default), end
  42                      an offset
  -10                     the last 10 of each partition
  2026-01-31T12:00:00Z    the first record at or after a time (also as @milliseconds)

--format takes:
  json    one JSON object per record; bytes that are not UTF-8 as {"base64": ...}
  value   the value only, one per line
  kcat    Topic %t [%p] at offset %o: key %k: %s (the default)
  or a format of one's own with kcat's words: %t topic, %p partition, %o offset, %k key,
  %K its length, %s value, %S its length (both -1 for null), %T timestamp, %h headers, \\n, \\t

Examples:
  $ millrace topics tail shop.public.orders
  $ millrace topics tail shop.public.orders --from end --format value | jq .
  $ millrace topics tail shop.public.orders --from -5 --no-follow --format '%o %k\\n'`

const COPY_HELP = `
A place is a worker file, a folder of embedded topics, or Kafka brokers as host:port.
Partitions, keys, values, headers and timestamps stay as they are; offsets may differ.
A copy that was cut short goes on where it stopped, and no record is written twice: how far it
came is kept with the records, in the topic millrace-copies of the target.

Examples:
  $ millrace topics copy shop.public.orders --from ./.millrace --to localhost:9092
  $ millrace topics copy orders customers --from worker.yaml --to ./backup
  $ millrace topics copy orders --from localhost:9092 --to ./.millrace --follow`

/** `millrace topics list|tail|copy`. */
export function topicsCommand(): Command {
  return new Command('topics')
    .description('list, read and copy topics, embedded or in Kafka')
    .addCommand(listCommand())
    .addCommand(tailCommand())
    .addCommand(copyCommand())
}

function listCommand(): Command {
  return withBroker(new Command('list'))
    .description('list topics')
    .option('--json', 'print one JSON document')
    .addHelpText('after', LIST_HELP)
    .action(async (options: BrokerOptions & { json?: boolean }) => {
      const broker = await openBrokerOf(options, process.cwd())
      try {
        await printTopics(broker, options.json ?? false)
      } finally {
        await broker.close()
      }
    })
}

function tailCommand(): Command {
  return withBroker(new Command('tail'))
    .description('print the records of a topic, and follow it until Ctrl-C')
    .argument('<topic>', 'topic to read')
    .option('--from <position>', 'where to start, see below', 'beginning')
    .option('-p, --partition <numbers>', 'only these partitions, such as 0,2')
    .option('-n, --limit <number>', 'end after so many records')
    .option('-f, --format <format>', 'how to print a record, see below', 'kcat')
    .option('--no-follow', 'end at the last record there is now')
    .addHelpText('after', TAIL_HELP)
    .action(async (topic: string, options) => {
      const { tailTopic } = await import('./tail-topic.ts')
      await tailTopic(topic, options)
    })
}

function copyCommand(): Command {
  return new Command('copy')
    .description('copy topics from embedded to Kafka, the other way, or within one kind')
    .argument('<topics...>', 'topics to copy')
    .requiredOption('--from <place>', 'where the topics are')
    .requiredOption('--to <place>', 'where they shall be')
    .option('--follow', 'go on copying new records until Ctrl-C')
    .option('--append', 'also into a topic that has records that this copy did not write')
    .addOption(
      new Option('--replication-factor <number>', 'replicas of topics to create in Kafka').default(
        '-1'
      )
    )
    .addHelpText('after', COPY_HELP)
    .action(async (topics: string[], options) => {
      const { copyTopics } = await import('./copy-topics.ts')
      await copyTopics(topics, options)
    })
}

function withBroker(command: Command): Command {
  for (const option of brokerOptions()) command.addOption(option)
  return command
}

async function printTopics(broker: Broker, asJson: boolean): Promise<void> {
  const topics = (await broker.describeTopics()).toSorted((a, b) => a.name.localeCompare(b.name))
  const all = topics.flatMap(({ name, partitions }) =>
    Array.from({ length: partitions }, (_, partition) => ({ topic: name, partition }))
  )
  const [starts, ends] = await Promise.all([
    broker.offsets(all, 'earliest'),
    broker.offsets(all, 'latest')
  ])
  const listed = topics.map(({ name, partitions, configs }) => {
    const ranges = ends
      .map(({ topic, offset }, i) => ({ topic, start: starts[i]?.offset ?? 0, end: offset }))
      .filter(({ topic }) => topic === name)
      .map(({ start, end }) => ({ start, end }))
    const records = ranges.reduce((sum, { start, end }) => sum + end - start, 0)
    return { name, partitions, offsets: ranges, records, configs }
  })
  if (asJson) return print(printExactJson(listed))
  const rows = listed.map(({ name, partitions, records, configs }) => [
    name,
    String(partitions),
    String(records),
    configs['cleanup.policy'] ?? 'delete'
  ])
  await print(table([['TOPIC', 'PARTITIONS', 'OFFSETS', 'CLEANUP'], ...rows]))
}

import { printExactJson } from '../stores/exact-json.ts'
import { readOffsets } from './connector-offsets.ts'
import { usageError } from './exit-code.ts'
import { type BrokerOptions, openBrokerOf, workerOf } from './open-broker.ts'
import { print, table } from './terminal.ts'

/** Prints where a connector stands. @throws {ConnectError} USAGE when nothing is stored for it */
export async function showOffsets(
  name: string,
  options: BrokerOptions & { readonly group?: string; readonly json?: boolean }
): Promise<void> {
  const cwd = process.cwd()
  const { config } = await workerOf(options, cwd)
  const broker = await openBrokerOf(options, cwd)
  try {
    const { source, sink, group } = await readOffsets(broker, config, {
      name,
      group: options.group
    })
    if (source.length === 0 && sink.length === 0) {
      throw usageError(
        `no offsets are stored for ${name}`,
        'check the name; a connector stores offsets with its first records'
      )
    }
    const ends = await broker.offsets(sink, 'latest')
    const positions = sink.map(({ topic, partition, offset }, index) => {
      const end = ends[index]?.offset ?? offset
      return { topic, partition, offset, end, lag: Math.max(0, end - offset) }
    })
    if (options.json) {
      await print(printExactJson({ connector: name, source, group, sink: positions }))
      return
    }
    if (source.length > 0) {
      const rows = source.map((entry) => [
        printExactJson(entry.partition),
        printExactJson(entry.offset)
      ])
      await print(table([['SOURCE PARTITION', 'SOURCE OFFSET'], ...rows]))
    }
    if (sink.length > 0) {
      const rows = positions.map((p) => [p.topic, p.partition, p.offset, p.end, p.lag].map(String))
      await print(`group ${group}`)
      await print(table([['TOPIC', 'PARTITION', 'OFFSET', 'END', 'BEHIND'], ...rows]))
    }
  } finally {
    await broker.close()
  }
}

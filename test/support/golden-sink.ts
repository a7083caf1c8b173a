import type { RawConfig } from '../../runtime/api/config.ts'
import type { SinkConnector } from '../../runtime/api/connector.ts'
import { createJsonConverter } from '../../runtime/converters/json-converter.ts'
import { loadEvents } from './golden-scenario.ts'
import { sinkRecord, startSink } from './sink-harness.ts'

const converter = createJsonConverter({
  schemasEnable: true,
  replaceNullWithDefault: false,
  decimalFormat: 'BASE64'
})

const read = (topic: string, text: string | null) =>
  converter.toConnect(topic, text === null ? null : Buffer.from(text))

/**
 * Puts the captured events of a scenario that are rows into a sink, one after the other.
 *
 * @param of the scenario, or one table of it as `scenario.table`
 * @returns the messages of the records that it set aside
 */
export async function putGolden(
  plugin: SinkConnector,
  config: RawConfig,
  of: string
): Promise<string[]> {
  // Those of tables: schema changes go to the topic without a table.
  const [scenario = '', table = ''] = of.split('.')
  const events = loadEvents(scenario).filter(
    ({ topic }) => topic.includes('.') && topic.endsWith(table)
  )
  const topics = [...new Set(events.map(({ topic }) => topic))]
  const partitions = topics.map((topic) => ({ topic, partition: 0 }))
  const sink = await startSink(plugin, config, { partitions })
  const offsets = new Map<string, number>()
  for (const { topic, key, value } of events) {
    const offset = offsets.get(topic) ?? 0
    offsets.set(topic, offset + 1)
    const [k, v] = [read(topic, key), read(topic, value)]
    const [keySchema, valueSchema] = [k.schema, v.schema]
    await sink.put([
      sinkRecord({ topic, offset, keySchema, key: k.value, valueSchema, value: v.value })
    ])
  }
  await sink.task.stop()
  return sink.rejected.map(({ error }) => error.message)
}

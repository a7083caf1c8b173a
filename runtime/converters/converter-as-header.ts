import type { HeaderConverterPlugin } from '../api/connector.ts'
import { type ConverterPlugin, defineHeaderConverter } from '../api/connector.ts'

/**
 * Declares a converter for headers as well, as Kafka Connect's JsonConverter, StringConverter and
 * ByteArrayConverter are both: under the same names, with the same keys, and the same bytes.
 */
export function converterAsHeader(plugin: ConverterPlugin, summary: string): HeaderConverterPlugin {
  return defineHeaderConverter({
    summary,
    ...(plugin.classNames === undefined ? {} : { classNames: plugin.classNames }),
    config: plugin.config,
    create(config, raw) {
      const converter = plugin.create(config, raw, 'value')
      return {
        fromConnect: (topic, _key, schema, value) => converter.fromConnect(topic, schema, value),
        toConnect: (topic, _key, bytes) => converter.toConnect(topic, bytes)
      }
    }
  })
}

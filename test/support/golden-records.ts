import type { SourceRecord } from '../../runtime/api/record.ts'
import { createJsonConverter } from '../../runtime/converters/json-converter.ts'
import { createSimpleHeaderConverter } from '../../runtime/converters/simple-header-converter.ts'
import type { ScenarioScript, TextRecord } from './golden-scenario.ts'

/** A record as the converters of a scenario write it. */
export function toText(config: ScenarioScript['config'], record: SourceRecord): TextRecord {
  const { topic, headers } = record
  const json = (role: string) =>
    createJsonConverter({
      schemasEnable: config[`${role}.converter.schemas.enable`] !== 'false',
      replaceNullWithDefault: config[`${role}.converter.replace.null.with.default`] !== 'false',
      decimalFormat: 'BASE64'
    })
  const simple = createSimpleHeaderConverter()
  const hasJsonHeaders = config['header.converter']?.endsWith('JsonConverter')
  return {
    topic,
    partition: record.partition ?? 0,
    key: asText(json('key').fromConnect(topic, record.keySchema, record.key)),
    value: asText(json('value').fromConnect(topic, record.valueSchema, record.value)),
    headers: headers.map(({ key, schema, value }) => [
      key,
      asText(
        hasJsonHeaders
          ? json('header').fromConnect(topic, schema, value)
          : simple.fromConnect(topic, key, schema, value)
      )
    ])
  }
}

function asText(converted: string | Uint8Array | null): string | null {
  return converted === null || typeof converted === 'string'
    ? converted
    : Buffer.from(converted).toString('utf8')
}

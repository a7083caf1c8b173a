// Written by `npm run generate` from the declarations themselves; do not edit.
import type { PluginRegistry } from '../runtime/config/plugins.ts'

/** Every plugin that comes with Millrace, by short name. Loaded when it is asked for. */
export const registry: PluginRegistry = {
  bytearray: {
    kind: 'converter',
    classNames: ['org.apache.kafka.connect.converters.ByteArrayConverter'],
    summary: 'Bytes passed through as they are.',
    load: () => import('../runtime/converters/bytearray-converter.ts')
  },
  json: {
    kind: 'converter',
    classNames: ['org.apache.kafka.connect.json.JsonConverter'],
    summary: 'JSON, with or without schemas, byte for byte as the JsonConverter of Kafka Connect.',
    load: () => import('../runtime/converters/json-converter.ts')
  },
  simple: {
    kind: 'header_converter',
    classNames: ['org.apache.kafka.connect.storage.SimpleHeaderConverter'],
    summary: 'Headers as plain text, whose type is guessed when they are read.',
    load: () => import('../runtime/converters/simple-header-converter.ts')
  },
  string: {
    kind: 'converter',
    classNames: ['org.apache.kafka.connect.storage.StringConverter'],
    summary: 'Plain text; numbers and booleans as text.',
    load: () => import('../runtime/converters/string-converter.ts')
  }
}

import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { createJsonConverter } from '../../../runtime/converters/json-converter.ts'

const ROOT = new URL('../../golden/', import.meta.url)

interface Captured {
  readonly topic: string
  readonly key: string | null
  readonly value: string | null
}

/** Keys and values with schemas, as the JsonConverter of Kafka Connect wrote them. */
function* captured(): Generator<{ scenario: string; topic: string; text: string }> {
  for (const scenario of readdirSync(ROOT)) {
    const file = new URL(`${scenario}/events.jsonl`, ROOT)
    if (!existsSync(file)) continue
    for (const line of readFileSync(file, 'utf8').split('\n').filter(Boolean)) {
      const { topic, key, value } = JSON.parse(line) as Captured
      for (const text of [key, value]) {
        if (text?.startsWith('{"schema":')) yield { scenario, topic, text }
      }
    }
  }
}

test('captured keys and values are the same bytes after reading and writing', () => {
  const options = {
    schemasEnable: true,
    replaceNullWithDefault: false,
    decimalFormat: 'BASE64'
  } as const
  const converter = createJsonConverter(options)
  let count = 0
  for (const { scenario, topic, text } of captured()) {
    const { schema, value } = converter.toConnect(topic, Buffer.from(text))
    assert.equal(converter.fromConnect(topic, schema, value), text, scenario)
    count++
  }
  assert.ok(count > 500, `only ${count} captured texts`)
})

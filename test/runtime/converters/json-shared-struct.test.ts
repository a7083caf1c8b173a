import assert from 'node:assert/strict'
import { it } from 'node:test'
import { int32, Struct, string, struct } from '../../../runtime/api/schema.ts'
import { createJsonConverter } from '../../../runtime/converters/json-converter.ts'

const SOURCE = struct({ name: string(), at: int32() })
const EVENT = struct({ id: int32(), source: SOURCE })

it('writes structs that records share as it writes structs of their own', () => {
  const json = createJsonConverter({
    schemasEnable: false,
    replaceNullWithDefault: true,
    decimalFormat: 'BASE64'
  })
  const shared = [1, 2].map((at) => new Struct(SOURCE, Object.freeze(['shop', at]) as unknown[]))
  const write = (id: number, source: unknown) =>
    json.fromConnect('topic', EVENT, new Struct(EVENT, [id, source]))
  for (const [id, at] of [1, 1, 2, 2, 1].entries()) {
    const text = `{"id":${id},"source":{"name":"shop","at":${at}}}`
    assert.equal(write(id, shared[at - 1]), text)
    assert.equal(write(id, new Struct(SOURCE, ['shop', at])), text)
  }
})

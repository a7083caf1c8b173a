import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { RawConfig } from '../../../runtime/api/config.ts'
import { int32, Struct, string, struct } from '../../../runtime/api/schema.ts'
import { createChain } from '../../../runtime/worker/plugin-parts.ts'
import { chainOf, plugins, sinkRecord as record } from '../../support/transform.ts'

const ORDER = struct({ id: int32(), name: string({ optional: true }) }, { name: 'Order' })

async function transform(type: string, keys: RawConfig, given = record()) {
  return (await chainOf(type, keys)).apply(given)
}

describe('RegexRouter', () => {
  const route = async (regex: string, replacement: string) =>
    (await transform('org.apache.kafka.connect.transforms.RegexRouter', { regex, replacement }))
      ?.topic

  it('renames topics that match as a whole', async () => {
    assert.equal(await route('shop\\.public\\.(.*)', 'copy-$1'), 'copy-orders')
    assert.equal(await route('public', 'x'), 'shop.public.orders')
  })

  it("reads the replacement as Java's Matcher does", async () => {
    assert.equal(await route('(?<db>\\w+)\\..*', '${db}_all'), 'shop_all')
    assert.equal(await route('(.*)', '\\$1-$1'), '$1-shop.public.orders')
    assert.equal(await route('(\\w+).*', '$12'), 'shop2')
    assert.equal(await route('.*', '$$&'.replace('$$', '\\$')), '$&')
  })

  it('replaces the first match within a topic that matches as a whole, as Kafka Connect does', async () => {
    assert.equal(await route('shop|shop\\..*', 'x'), 'x.public.orders')
  })

  it('refuses replacements with groups that are not there', async () => {
    for (const wrong of ['$2', '${db}', '$', 'x\\']) {
      await assert.rejects(route('(.*)', wrong), { code: 'INVALID_CONFIG' })
    }
  })

  it('leaves the place where the record was read', async () => {
    const routed = await transform('RegexRouter', { regex: '.*', replacement: 'x' })
    assert.deepEqual(routed?.original, record().original)
  })
})

describe('HoistField', () => {
  const type = 'org.apache.kafka.connect.transforms.HoistField$Value'

  it('wraps plain values and tombstones in an object', async () => {
    assert.deepEqual((await transform(type, { field: 'line' }))?.value, {
      line: { id: 1, name: 'one' }
    })
    const tombstone = await transform(type, { field: 'line' }, record({ value: null }))
    assert.deepEqual(tombstone?.value, { line: null })
  })

  it('wraps values with a schema in a struct of one field', async () => {
    const value = new Struct(ORDER, [1, 'one'])
    const hoisted = await transform(type, { field: 'order' }, record({ valueSchema: ORDER, value }))
    assert.equal(hoisted?.valueSchema?.field('order')?.schema, ORDER)
    assert.ok(hoisted?.value instanceof Struct)
    assert.equal(hoisted.value.get('order'), value)
  })
})

describe('replace.null.with.default', () => {
  const schema = struct({ site: string({ optional: true, default: 'north' }) })
  const given = () => record({ valueSchema: schema, value: new Struct(schema, [null]) })
  const keys: Readonly<Record<string, RawConfig>> = {
    InsertField: { 'static.field': 'x', 'static.value': 'y' },
    ReplaceField: { exclude: 'none' }
  }

  for (const [name, settings] of Object.entries(keys)) {
    it(`lets ${name} read null as the default of its field, or as null`, async () => {
      const type = `org.apache.kafka.connect.transforms.${name}$Value`
      const replaced = await transform(type, settings, given())
      const kept = await transform(
        type,
        { ...settings, 'replace.null.with.default': 'false' },
        given()
      )
      assert.ok(replaced?.value instanceof Struct && kept?.value instanceof Struct)
      assert.equal(replaced.value.get('site'), 'north')
      assert.equal(kept.value.get('site'), null)
    })
  }
})

describe('InsertField', () => {
  const keys = {
    'topic.field': 'topic!',
    'offset.field': 'offset',
    'static.field': 'site',
    'static.value': 'north'
  }

  it('adds fields to plain objects', async () => {
    const changed = await transform('InsertField$Value', keys)
    assert.deepEqual(changed?.value, {
      id: 1,
      name: 'one',
      topic: 'shop.public.orders',
      offset: 7,
      site: 'north'
    })
  })

  it('adds fields to structs and their schema, which is made once', async () => {
    const value = new Struct(ORDER, [1, 'one'])
    const chain = await chainOf('org.apache.kafka.connect.transforms.InsertField$Value', keys)
    const first = chain.apply(record({ valueSchema: ORDER, value }))
    const second = chain.apply(record({ valueSchema: ORDER, value }))
    assert.deepEqual(first?.value instanceof Struct && first.value.values, [
      1,
      'one',
      'shop.public.orders',
      7,
      'north'
    ])
    assert.equal(first?.valueSchema, second?.valueSchema)
    assert.equal(first?.valueSchema?.name, 'Order')
    assert.equal(first?.valueSchema?.field('topic')?.schema.optional, false)
    assert.equal(first?.valueSchema?.field('offset')?.schema.optional, true)
  })

  it('works on keys and leaves tombstones alone', async () => {
    const changed = await transform('InsertField$Key', keys, record({ value: null }))
    assert.deepEqual(Object.keys(changed?.key as object), ['id', 'topic', 'offset', 'site'])
    assert.equal(changed?.value, null)
    assert.equal((await transform('InsertField$Value', keys, record({ value: null })))?.value, null)
  })
})

describe('ReplaceField', () => {
  it('leaves out and renames fields of structs', async () => {
    const value = new Struct(ORDER, [1, 'one'])
    const changed = await transform(
      'ReplaceField$Value',
      { renames: 'name:title', exclude: 'id' },
      record({ valueSchema: ORDER, value })
    )
    assert.deepEqual(
      changed?.valueSchema?.fields.map(({ name }) => name),
      ['title']
    )
    assert.deepEqual(changed?.value instanceof Struct && changed.value.values, ['one'])
  })

  it('keeps the named fields of plain objects', async () => {
    const changed = await transform('ReplaceField$Value', { include: 'id' })
    assert.deepEqual(changed?.value, { id: 1 })
  })
})

describe('a schema that a transform changes', () => {
  const schema = struct(
    { id: int32() },
    { optional: true, name: 'Order', version: 3, doc: 'd', parameters: { a: 'b' }, default: null }
  )
  const given = () => record({ valueSchema: schema, value: new Struct(schema, [1]) })

  it('keeps name, version, doc and parameters, and is required', async () => {
    const cases: Readonly<Record<string, RawConfig>> = {
      InsertField: { 'static.field': 'x', 'static.value': 'y' },
      ReplaceField: { renames: 'id:nr' }
    }
    for (const [name, keys] of Object.entries(cases)) {
      const changed = await transform(`${name}$Value`, keys, given())
      const { optional, version, doc, parameters, default: fallback } = changed?.valueSchema ?? {}
      assert.deepEqual(
        { optional, name: changed?.valueSchema?.name, version, doc, parameters, fallback },
        {
          optional: false,
          name: 'Order',
          version: 3,
          doc: 'd',
          parameters: { a: 'b' },
          fallback: undefined
        }
      )
    }
  })

  it('cannot have two fields of one name', async () => {
    const twice = { 'static.field': 'id', 'static.value': 'y' }
    await assert.rejects(transform('InsertField$Value', twice, given()), {
      code: 'DUPLICATE_FIELD'
    })
  })
})

describe('predicates', () => {
  const filtered = async (predicate: RawConfig, negate: string, given = record()) => {
    const own = Object.entries(predicate).map(([key, value]) => [`predicates.p.${key}`, value])
    const chain = await createChain(plugins, {
      transforms: 'f',
      'transforms.f.type': 'Filter',
      'transforms.f.predicate': 'p',
      'transforms.f.negate': negate,
      predicates: 'p',
      ...Object.fromEntries(own)
    })
    return chain.apply(given) === null
  }

  it('choose the records that a transform sees', async () => {
    const orders = { type: 'TopicNameMatches', pattern: '.*orders' }
    assert.equal(await filtered(orders, 'false'), true)
    assert.equal(await filtered(orders, 'true'), false)
    const tombstone = {
      type: 'org.apache.kafka.connect.transforms.predicates.RecordIsTombstone'
    }
    assert.equal(await filtered(tombstone, 'false'), false)
    assert.equal(await filtered(tombstone, 'false', record({ value: null })), true)
    const header = { type: 'HasHeaderKey', name: 'h' }
    const headers = [{ key: 'h', schema: null, value: 'x' }]
    assert.equal(await filtered(header, 'false', record({ headers })), true)
  })

  it('must be declared', async () => {
    const chain = createChain(plugins, {
      transforms: 'f',
      'transforms.f.type': 'Filter',
      'transforms.f.predicate': 'nobody'
    })
    await assert.rejects(chain, { code: 'UNKNOWN_PREDICATE' })
  })
})

describe('an unknown transform', () => {
  it('is refused with what there is', async () => {
    await assert.rejects(transform('NoSuchTransform', {}), { code: 'UNKNOWN_PLUGIN' })
  })
})

describe('ExtractField', () => {
  it('replaces a struct by one of its fields, with the schema of the field', async () => {
    const value = new Struct(ORDER, [1, 'one'])
    const given = record({ valueSchema: ORDER, value })
    const changed = await transform('ExtractField$Value', { field: 'name' }, given)
    assert.equal(changed?.value, 'one')
    assert.equal(changed?.valueSchema, ORDER.field('name')?.schema)
    const tombstone = record({ valueSchema: ORDER, value: null })
    assert.equal((await transform('ExtractField$Value', { field: 'name' }, tombstone))?.value, null)
  })

  it('replaces a plain object by a member, or by null where there is none', async () => {
    assert.equal((await transform('ExtractField$Value', { field: 'id' }))?.value, 1)
    assert.equal((await transform('ExtractField$Value', { field: 'nope' }))?.value, null)
  })

  it('follows paths with the second version of the syntax', async () => {
    const given = record({ value: { a: { 'b.c': { d: 7 } } } })
    const keys = { field: 'a.`b.c`.d', 'field.syntax.version': 'V2' }
    assert.equal((await transform('ExtractField$Value', keys, given))?.value, 7)
  })

  it('refuses what has no fields, and fields that are not there', async () => {
    const text = record({ value: 'text' })
    await assert.rejects(transform('ExtractField$Value', { field: 'x' }, text), {
      code: 'NOT_A_STRUCT'
    })
    const struct = record({ valueSchema: ORDER, value: new Struct(ORDER, [1, 'one']) })
    await assert.rejects(transform('ExtractField$Value', { field: 'x' }, struct), {
      code: 'UNKNOWN_FIELD',
      hint: 'the fields are id, name'
    })
  })
})

import { ConnectError } from '../../../runtime/api/errors.ts'
import { type SchemaOptions, string } from '../../../runtime/api/schema.ts'
import { arrayCodec } from './array-codec.ts'
import { bitCodec, byteaCodec, unknownCodec } from './binary-codec.ts'
import { enumCodec } from './enum-codec.ts'
import {
  javaCoordinates,
  pointCodec,
  postgisCodec,
  sparseVectorCodec,
  vectorCodec
} from './geometry-codec.ts'
import { hstoreCodec } from './hstore-codec.ts'
import { intervalCodec } from './interval-codec.ts'
import {
  boolCodec,
  float4Codec,
  float8Codec,
  int2Codec,
  int4Codec,
  int8Codec,
  moneyCodec,
  numericCodec,
  oidCodec
} from './numeric-codec.ts'
import {
  dateCodec,
  timeCodec,
  timestampCodec,
  timestamptzCodec,
  timetzCodec
} from './temporal-codec.ts'
import type { CatalogType, TypeCatalog } from './type-catalog.ts'
import { type TypeUse, textCodec, type ValueCodec, withDefaults } from './value-codec.ts'
import type { ValueOptions } from './value-options.ts'

type MakeCodec = (use: TypeUse) => ValueCodec

const plainText: MakeCodec = (use) => textCodec(string(), use)
const textWithDefaults: MakeCodec = (use) => withDefaults(textCodec(string(), use), '')

const semanticText = (name: string, functionDefault?: string): MakeCodec => {
  const options: SchemaOptions = { name: `io.debezium.data.${name}`, version: 1 }
  return (use) => {
    const codec = textCodec(string(options), use)
    return functionDefault === undefined ? codec : withDefaults(codec, functionDefault)
  }
}

/** Types that come with PostgreSQL. What is missing here has no mapping. */
const BUILT_IN: Readonly<Record<string, MakeCodec>> = {
  bool: boolCodec,
  int2: int2Codec,
  int4: int4Codec,
  int8: int8Codec,
  oid: oidCodec,
  float4: float4Codec,
  float8: float8Codec,
  numeric: numericCodec,
  money: moneyCodec,
  text: textWithDefaults,
  varchar: textWithDefaults,
  bpchar: textWithDefaults,
  char: plainText,
  name: plainText,
  bytea: byteaCodec,
  bit: bitCodec,
  varbit: bitCodec,
  uuid: semanticText('Uuid', '00000000-0000-0000-0000-000000000000'),
  json: semanticText('Json', '{}'),
  jsonb: semanticText('Json', '{}'),
  xml: semanticText('Xml', ''),
  tsvector: semanticText('Tsvector'),
  inet: plainText,
  cidr: plainText,
  macaddr: plainText,
  macaddr8: plainText,
  int4range: plainText,
  int8range: plainText,
  numrange: plainText,
  daterange: plainText,
  tsrange: plainText,
  tstzrange: plainText,
  date: dateCodec,
  time: timeCodec,
  timetz: timetzCodec,
  timestamp: timestampCodec,
  timestamptz: timestamptzCodec,
  interval: intervalCodec,
  point: pointCodec
}

/** Types of extensions, in whatever schema they are installed. */
const EXTENSIONS: Readonly<Record<string, MakeCodec>> = {
  citext: plainText,
  ltree: semanticText('Ltree'),
  hstore: hstoreCodec,
  isbn: plainText,
  geometry: (use) => postgisCodec('Geometry', use),
  geography: (use) => postgisCodec('Geography', use),
  vector: (use) => vectorCodec('DoubleVector', use),
  halfvec: (use) => vectorCodec('FloatVector', use),
  sparsevec: sparseVectorCodec
}

/** Types that have a mapping, but whose arrays have none. */
const NOT_IN_ARRAYS = new Set([
  ...['money', 'interval', 'varbit', 'xml', 'point', 'name'],
  ...['geometry', 'geography', 'vector', 'halfvec', 'sparsevec']
])

const GEOMETRIC = new Set(['box', 'circle', 'line', 'lseg', 'path', 'polygon'])

export interface MappingContext {
  readonly types: TypeCatalog
  readonly options: ValueOptions
}

/**
 * The codec of a type; null when it has no mapping and `include.unknown.datatypes` is off.
 *
 * @throws {ConnectError} UNKNOWN_TYPE when the catalog does not have the type: load it again
 */
export function valueCodecOf(
  oid: number,
  typmod: number,
  context: MappingContext
): ValueCodec | null {
  const { types, options } = context
  const codec = mapped(oid, typmod, context)
  if (codec !== null || !options.includeUnknown) return codec
  const { name } = typeOf(oid, types)
  return unknownCodec({ typmod, options }, GEOMETRIC.has(name) ? javaCoordinates : undefined)
}

function mapped(oid: number, typmod: number, context: MappingContext): ValueCodec | null {
  const { types, options } = context
  const type = typeOf(oid, types)
  if (type.kind === 'd') {
    const codec = mapped(type.baseOid, type.baseTypmod < 0 ? typmod : type.baseTypmod, context)
    return codec === null ? null : withoutDefaults(codec)
  }
  const use = { typmod, options }
  if (type.kind === 'e') return enumCodec(type, use)
  if (type.elementOid !== 0) {
    if (NOT_IN_ARRAYS.has(baseOf(type.elementOid, types).name)) return null
    const element = mapped(type.elementOid, typmod, context)
    return element === null ? null : arrayCodec(element, use)
  }
  if (type.kind !== 'b' && type.kind !== 'r') return null
  const make = type.schema === 'pg_catalog' ? BUILT_IN[type.name] : EXTENSIONS[type.name]
  return make?.(use) ?? null
}

/** Debezium shows the defaults of columns by the name of their type, and knows no domain's. */
function withoutDefaults(codec: ValueCodec): ValueCodec {
  const { schema, decode, zero, unchanged } = codec
  return { schema, decode, zero, unchanged }
}

function baseOf(oid: number, types: TypeCatalog): CatalogType {
  const type = typeOf(oid, types)
  return type.kind === 'd' ? baseOf(type.baseOid, types) : type
}

function typeOf(oid: number, types: TypeCatalog): CatalogType {
  const type = types.find(oid)
  if (type) return type
  throw new ConnectError('UNKNOWN_TYPE', `Type ${oid} was not there when the types were loaded`)
}

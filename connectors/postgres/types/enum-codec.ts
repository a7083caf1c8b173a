import { RetriableError } from '../../../runtime/api/errors.ts'
import { string } from '../../../runtime/api/schema.ts'
import type { CatalogType } from './type-catalog.ts'
import { type TypeUse, type ValueCodec, withDefaults } from './value-codec.ts'

/**
 * A row has a label that its schema does not: `ALTER TYPE` changes a table without telling the
 * stream. Load the types again and compile the table anew, then read the row again.
 */
export class UnknownLabel extends RetriableError {
  readonly type: CatalogType
  readonly label: string

  constructor(type: CatalogType, label: string) {
    super(
      'POSTGRES_UNKNOWN_LABEL',
      `Enum type ${type.schema}.${type.name} had no label '${label}' when its table was looked at`
    )
    this.type = type
    this.label = label
  }
}

export function enumCodec(type: CatalogType, use: TypeUse): ValueCodec {
  const labels = new Set(type.labels)
  return withDefaults({
    schema: string({
      name: 'io.debezium.data.Enum',
      version: 1,
      parameters: { allowed: type.labels.join(',') }
    }),
    decode(label) {
      if (!labels.has(label)) throw new UnknownLabel(type, label)
      return label
    },
    constant: (label) => label,
    zero: '',
    unchanged: use.options.placeholder
  })
}

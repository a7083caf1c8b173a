import type { Query } from './catalog.ts'

/** What is known about one type. */
export interface CatalogType {
  readonly oid: number
  readonly schema: string
  readonly name: string
  /** `b` base, `c` composite, `d` domain, `e` enum, `p` pseudo, `r` range, `m` multirange. */
  readonly kind: string
  /** Type of the elements of an array; 0 for every other type. */
  readonly elementOid: number
  /** Type that a domain is made of; 0 for every other type. */
  readonly baseOid: number
  /** Modifier that a domain puts on its base type, or -1. */
  readonly baseTypmod: number
  /** Labels of an enum in their order. */
  readonly labels: readonly string[]
}

// point, line, lseg, box, name and others have an element type without being arrays: true arrays
// are those whose element type names them in typarray.
const TYPES = `SELECT t.oid, n.nspname, t.typname, t.typtype,
  CASE WHEN e.typarray = t.oid THEN t.typelem ELSE 0 END, t.typbasetype, t.typtypmod
FROM pg_catalog.pg_type t
JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
LEFT JOIN pg_catalog.pg_type e ON e.oid = t.typelem`

const LABELS = `SELECT enumtypid, enumlabel FROM pg_catalog.pg_enum
ORDER BY enumtypid, enumsortorder`

/** The types of a database by oid. Load again when a table has a type that is not in it. */
export class TypeCatalog {
  readonly #types: ReadonlyMap<number, CatalogType>

  constructor(types: Iterable<CatalogType>) {
    this.#types = new Map([...types].map((type) => [type.oid, type]))
  }

  static async load(query: Query): Promise<TypeCatalog> {
    const labels = new Map<number, string[]>()
    for (const [oid, label] of await query(LABELS)) {
      const list = labels.get(Number(oid))
      if (list) list.push(label ?? '')
      else labels.set(Number(oid), [label ?? ''])
    }
    const rows = await query(TYPES)
    return new TypeCatalog(
      rows.map(([oid, schema, name, kind, elementOid, baseOid, baseTypmod]) => ({
        oid: Number(oid),
        schema: schema ?? '',
        name: name ?? '',
        kind: kind ?? 'b',
        elementOid: Number(elementOid),
        baseOid: Number(baseOid),
        baseTypmod: Number(baseTypmod),
        labels: labels.get(Number(oid)) ?? []
      }))
    )
  }

  find(oid: number): CatalogType | undefined {
    return this.#types.get(oid)
  }

  hasLabel(oid: number, label: string): boolean {
    return this.#types.get(oid)?.labels.includes(label) ?? false
  }

  /** The same types, with the label added to the enum if it is missing. */
  withLabel(oid: number, label: string): TypeCatalog {
    const type = this.#types.get(oid)
    if (type === undefined || type.labels.includes(label)) return this
    const types = new Map(this.#types)
    return new TypeCatalog(types.set(oid, { ...type, labels: [...type.labels, label] }).values())
  }
}

import { ConnectError } from '../../../runtime/api/errors.ts'
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

/** The types of a database by oid. Load again when a table has a type that is not in it. */
export class TypeCatalog {
  readonly #types: ReadonlyMap<number, CatalogType>

  constructor(types: Iterable<CatalogType>) {
    this.#types = new Map([...types].map((type) => [type.oid, type]))
  }

  static async load(_query: Query): Promise<TypeCatalog> {
    throw new ConnectError('NOT_IMPLEMENTED', 'TypeCatalog is not there yet')
  }

  find(oid: number): CatalogType | undefined {
    return this.#types.get(oid)
  }
}

import { badGtid, partsOf } from './gtid-syntax.ts'

interface Last {
  readonly server: string
  readonly sequence: bigint
}

/**
 * MariaDB: the last transaction of every domain, `domain-server-sequence`. The sequence counts within a domain,
 * across servers. https://mariadb.com/kb/en/gtid/
 */
export class GtidList {
  readonly #last = new Map<string, Last>()

  /**
   * @param text may name a domain several times, as `gtid_binlog_state` does: the highest sequence counts
   * @throws {ConnectError} MYSQL_GTID_SYNTAX
   */
  static parse(text: string): GtidList {
    const list = new GtidList()
    for (const part of partsOf(text)) {
      const { domain, last } = parseOne(part)
      const known = list.#last.get(domain)
      if (known === undefined || known.sequence < last.sequence) list.#last.set(domain, last)
    }
    return list
  }

  get isEmpty(): boolean {
    return this.#last.size === 0
  }

  /** The domains that are named. */
  get domains(): string[] {
    return [...this.#last.keys()]
  }

  add(gtid: string): void {
    const { domain, last } = parseOne(gtid)
    this.#last.set(domain, last)
  }

  has(gtid: string): boolean {
    const { domain, last } = parseOne(gtid)
    const known = this.#last.get(domain)
    return known !== undefined && known.sequence >= last.sequence
  }

  covers(other: GtidList): boolean {
    return other.minus(this).isEmpty
  }

  filter(keep: (source: string) => boolean): GtidList {
    return this.#where((domain) => keep(domain))
  }

  plus(other: GtidList): GtidList {
    const sum = this.copy()
    for (const [domain, last] of other.#last) {
      const known = sum.#last.get(domain)
      if (known === undefined || known.sequence < last.sequence) sum.#last.set(domain, last)
    }
    return sum
  }

  /** @returns the domains in which this is further than `other` */
  minus(other: GtidList): GtidList {
    return this.#where((domain, last) => {
      const known = other.#last.get(domain)
      return known === undefined || known.sequence < last.sequence
    })
  }

  copy(): GtidList {
    return this.#where(() => true)
  }

  toString(): string {
    return [...this.#last]
      .toSorted(([a], [b]) => Number(a) - Number(b))
      .map(([domain, { server, sequence }]) => `${domain}-${server}-${sequence}`)
      .join(',')
  }

  #where(keep: (domain: string, last: Last) => boolean): GtidList {
    const list = new GtidList()
    for (const [domain, last] of this.#last) {
      if (keep(domain, last)) list.#last.set(domain, last)
    }
    return list
  }
}

function parseOne(text: string): { domain: string; last: Last } {
  const [, domain, server, sequence] = /^(\d{1,10})-(\d{1,10})-(\d{1,20})$/.exec(text) ?? []
  if (domain === undefined || server === undefined || sequence === undefined) {
    throw badGtid(text, 'GTID of MariaDB')
  }
  return { domain, last: { server, sequence: BigInt(sequence) } }
}

import type pg from 'pg'
import type { Random } from '../random.ts'
import type { ShopSize, Table } from './shop.ts'

/** How many change events of each kind the workload caused, by table. */
export type Changes = Record<Table, { c: number; u: number; d: number }>

const none = () => ({ c: 0, u: 0, d: 0 })

/** What a shop does all day, in transactions of one to eight changes, and a count of what it did. */
export class Workload {
  readonly changes: Changes = {
    customers: none(),
    products: none(),
    orders: none(),
    order_items: none()
  }
  readonly #client: pg.Client
  readonly #random: Random
  readonly #size: ShopSize
  #transactions = 0
  #hasPhone = false

  constructor(client: pg.Client, random: Random, size: ShopSize) {
    this.#client = client
    this.#size = size
    this.#random = random
  }

  get transactions(): number {
    return this.#transactions
  }

  /** Runs transactions until the signal aborts; `perSecond` slows them to a steady rate. */
  async run(signal: AbortSignal, perSecond = Number.POSITIVE_INFINITY): Promise<void> {
    const start = performance.now()
    for (let done = 0; !signal.aborted; done++) {
      await this.#transaction()
      const due = start + (done * 1000) / perSecond
      const wait = due - performance.now()
      if (wait > 1) await new Promise((resolve) => setTimeout(resolve, wait))
    }
  }

  /** The schema change in the middle of it all; later transactions use the column. */
  async addColumn(): Promise<void> {
    await this.#client.query('alter table customers add column phone text')
    this.#hasPhone = true
  }

  async #transaction(): Promise<void> {
    const actions = [
      () => this.#placeOrder(),
      () => this.#placeOrder(),
      () => this.#payOrder(),
      () => this.#changePrices(),
      () => this.#changeCustomer(),
      () => this.#cancelOrder()
    ]
    await this.#client.query('begin')
    await this.#random.pick(actions)()
    await this.#client.query('commit')
    this.#transactions++
  }

  async #change(table: Table, op: 'c' | 'u' | 'd', text: string, values: unknown[]): Promise<void> {
    const result = await this.#client.query(text, values)
    this.changes[table][op] += result.rowCount ?? 0
  }

  async #placeOrder(): Promise<void> {
    const { rows } = await this.#client.query<{ id: string }>(
      `insert into orders (customer_id, total, note, placed_at)
       values ($1, $2, $3, clock_timestamp()) returning id`,
      [1 + this.#random.below(this.#size.customers), this.#amount(), this.#note()]
    )
    this.changes.orders.c++
    const lines = 1 + this.#random.below(4)
    await this.#change(
      'order_items',
      'c',
      `insert into order_items select $1, n, 1 + (n * $3::int) % ${this.#size.products}, n, $4, null
       from generate_series(1, $2::int) n`,
      [rows[0]?.id, lines, 1 + this.#random.below(900), this.#amount()]
    )
  }

  async #payOrder(): Promise<void> {
    const status = this.#random.pick(['paid', 'shipped', 'returned'])
    const id = 1 + this.#random.below(this.#size.orders)
    await this.#change('orders', 'u', 'update orders set status = $1 where id = $2', [status, id])
  }

  async #changePrices(): Promise<void> {
    const first = 1 + this.#random.below(this.#size.products)
    await this.#change(
      'products',
      'u',
      `update products set price = price + $1, changed_at = clock_timestamp(), weight_kg = weight_kg * 1.01
       where id between $2 and $2 + 3`,
      [this.#random.below(500) / 100, first]
    )
  }

  async #changeCustomer(): Promise<void> {
    const id = 1 + this.#random.below(this.#size.customers)
    const phone = this.#hasPhone ? ", phone = '+44 ' || id" : ''
    await this.#change(
      'customers',
      'u',
      `update customers set credit = credit + $1, newsletter = not newsletter,
         tags = array_append(tags, $2), address = address || jsonb_build_object('seen', $1::numeric)${phone}
       where id = $3`,
      [this.#amount(), this.#random.pick(['a,b', 'quote"d', 'plain', '']), id]
    )
  }

  async #cancelOrder(): Promise<void> {
    const id = 1 + this.#random.below(this.#size.orders)
    await this.#change('order_items', 'd', 'delete from order_items where order_id = $1', [id])
    await this.#change('orders', 'd', 'delete from orders where id = $1', [id])
  }

  #amount(): string {
    return (this.#random.below(99_999) / 100).toFixed(2)
  }

  #note(): string | null {
    return this.#random.pick([null, 'leave at the door', 'ünïcode ✓ \\ "quoted"\nsecond line', ''])
  }
}

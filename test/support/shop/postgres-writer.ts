import type pg from 'pg'
import type { OrderLines, ShopWriter } from './shop-writer.ts'

/** The shop's changes on PostgreSQL. */
export class PostgresWriter implements ShopWriter {
  readonly #client: pg.Client
  #hasPhone = false

  constructor(client: pg.Client) {
    this.#client = client
  }

  async begin(): Promise<void> {
    await this.#client.query('begin')
  }

  async commit(): Promise<void> {
    await this.#client.query('commit')
  }

  /** The schema change in the middle of it all; later transactions use the column. */
  async addColumn(): Promise<void> {
    await this.#client.query('alter table customers add column phone text')
    this.#hasPhone = true
  }

  async insertOrder(customer: number, total: string, note: string | null): Promise<string> {
    const { rows } = await this.#client.query<{ id: string }>(
      `insert into orders (customer_id, total, note, placed_at)
       values ($1, $2, $3, clock_timestamp()) returning id`,
      [customer, total, note]
    )
    return rows[0]?.id ?? ''
  }

  insertLines(order: string, { count, seed, products, price }: OrderLines): Promise<number> {
    return this.#change(
      `insert into order_items select $1, n, 1 + (n * $3::int) % ${products}, n, $4, null
       from generate_series(1, $2::int) n`,
      [order, count, seed, price]
    )
  }

  setStatus(order: number, status: string): Promise<number> {
    return this.#change('update orders set status = $1 where id = $2', [status, order])
  }

  raisePrices(first: number, by: number): Promise<number> {
    return this.#change(
      `update products set price = price + $1, changed_at = clock_timestamp(), weight_kg = weight_kg * 1.01
       where id between $2 and $2 + 3`,
      [by, first]
    )
  }

  changeCustomer(id: number, { amount, tag }: { amount: string; tag: string }): Promise<number> {
    const phone = this.#hasPhone ? ", phone = '+44 ' || id" : ''
    return this.#change(
      `update customers set credit = credit + $1, newsletter = not newsletter,
         tags = array_append(tags, $2), address = address || jsonb_build_object('seen', $1::numeric)${phone}
       where id = $3`,
      [amount, tag, id]
    )
  }

  deleteLines(order: number): Promise<number> {
    return this.#change('delete from order_items where order_id = $1', [order])
  }

  deleteOrder(order: number): Promise<number> {
    return this.#change('delete from orders where id = $1', [order])
  }

  async #change(text: string, values: unknown[]): Promise<number> {
    const result = await this.#client.query(text, values)
    return result.rowCount ?? 0
  }
}

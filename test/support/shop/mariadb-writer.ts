import type { Connection, ResultSetHeader } from 'mysql2/promise'
import type { OrderLines, ShopWriter } from './shop-writer.ts'

/**
 * The shop's changes on MariaDB. The connection must not count rows that are found and stay as they
 * are (`flags: ['-FOUND_ROWS']`): the binary log does not have them.
 */
export class MariadbWriter implements ShopWriter {
  readonly #connection: Connection

  constructor(connection: Connection) {
    this.#connection = connection
  }

  async begin(): Promise<void> {
    await this.#connection.query('begin')
  }

  async commit(): Promise<void> {
    await this.#connection.query('commit')
  }

  async insertOrder(customer: number, total: string, note: string | null): Promise<string> {
    const [result] = await this.#connection.query<ResultSetHeader>(
      'insert into orders (customer_id, total, note, placed_at) values (?, ?, ?, sysdate(6))',
      [customer, total, note]
    )
    return String(result.insertId)
  }

  insertLines(order: string, { count, seed, products, price }: OrderLines): Promise<number> {
    return this.#change(
      `insert into order_items select ?, seq, 1 + (seq * ?) % ?, seq, ?, null
       from seq_1_to_4 where seq <= ?`,
      [order, seed, products, price, count]
    )
  }

  setStatus(order: number, status: string): Promise<number> {
    return this.#change('update orders set status = ? where id = ?', [status, order])
  }

  raisePrices(first: number, by: number): Promise<number> {
    return this.#change(
      `update products set price = price + ?, changed_at = sysdate(3), weight_kg = weight_kg * 1.01
       where id between ? and ? + 3`,
      [by, first, first]
    )
  }

  changeCustomer(id: number, { amount, tag }: { amount: string; tag: string }): Promise<number> {
    return this.#change(
      `update customers set credit = credit + ?, newsletter = not newsletter,
         tags = json_array_append(tags, '$', ?), address = json_set(address, '$.seen', ?)
       where id = ?`,
      [amount, tag, amount, id]
    )
  }

  deleteLines(order: number): Promise<number> {
    return this.#change('delete from order_items where order_id = ?', [order])
  }

  deleteOrder(order: number): Promise<number> {
    return this.#change('delete from orders where id = ?', [order])
  }

  async #change(text: string, values: unknown[]): Promise<number> {
    const [result] = await this.#connection.query<ResultSetHeader>(text, values)
    return result.affectedRows
  }
}

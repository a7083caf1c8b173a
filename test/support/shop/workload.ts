import type { Random } from '../random.ts'
import type { ShopSize, Table } from './shop.ts'
import type { ShopWriter } from './shop-writer.ts'

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
  readonly #shop: ShopWriter
  readonly #random: Random
  readonly #size: ShopSize
  #transactions = 0

  constructor(shop: ShopWriter, random: Random, size: ShopSize) {
    this.#shop = shop
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

  async #transaction(): Promise<void> {
    const actions = [
      () => this.#placeOrder(),
      () => this.#placeOrder(),
      () => this.#payOrder(),
      () => this.#changePrices(),
      () => this.#changeCustomer(),
      () => this.#cancelOrder()
    ]
    await this.#shop.begin()
    await this.#random.pick(actions)()
    await this.#shop.commit()
    this.#transactions++
  }

  async #placeOrder(): Promise<void> {
    const customer = 1 + this.#random.below(this.#size.customers)
    const id = await this.#shop.insertOrder(customer, this.#amount(), this.#note())
    this.changes.orders.c++
    const lines = { count: 1 + this.#random.below(4), seed: 1 + this.#random.below(900) }
    const products = this.#size.products
    this.changes.order_items.c += await this.#shop.insertLines(id, {
      ...lines,
      products,
      price: this.#amount()
    })
  }

  async #payOrder(): Promise<void> {
    const status = this.#random.pick(['paid', 'shipped', 'returned'])
    this.changes.orders.u += await this.#shop.setStatus(this.#order(), status)
  }

  async #changePrices(): Promise<void> {
    const first = 1 + this.#random.below(this.#size.products)
    const by = this.#random.below(500) / 100
    this.changes.products.u += await this.#shop.raisePrices(first, by)
  }

  async #changeCustomer(): Promise<void> {
    const id = 1 + this.#random.below(this.#size.customers)
    const amount = this.#amount()
    const tag = this.#random.pick(['a,b', 'quote"d', 'plain', ''])
    this.changes.customers.u += await this.#shop.changeCustomer(id, { amount, tag })
  }

  async #cancelOrder(): Promise<void> {
    const id = this.#order()
    this.changes.order_items.d += await this.#shop.deleteLines(id)
    this.changes.orders.d += await this.#shop.deleteOrder(id)
  }

  #order(): number {
    return 1 + this.#random.below(this.#size.orders)
  }

  #amount(): string {
    return (this.#random.below(99_999) / 100).toFixed(2)
  }

  #note(): string | null {
    return this.#random.pick([null, 'leave at the door', 'ünïcode ✓ \\ "quoted"\nsecond line', ''])
  }
}

/** The changes that a workload makes, in the SQL of one database. */
export interface ShopWriter {
  begin(): Promise<void>
  commit(): Promise<void>
  /** @returns the order's id */
  insertOrder(customer: number, total: string, note: string | null): Promise<string>
  /** The other methods return how many rows they changed: as many change events follow. */
  insertLines(order: string, lines: OrderLines): Promise<number>
  setStatus(order: number, status: string): Promise<number>
  /** Of four products from the first on. */
  raisePrices(first: number, by: number): Promise<number>
  changeCustomer(id: number, change: { amount: string; tag: string }): Promise<number>
  deleteLines(order: number): Promise<number>
  deleteOrder(order: number): Promise<number>
}

export interface OrderLines {
  readonly count: number
  /** Decides which products of how many. */
  readonly seed: number
  readonly products: number
  readonly price: string
}

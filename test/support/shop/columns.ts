import type { Table } from './shop.ts'

/** What a column holds, whatever its type is called on either side. */
export type Content =
  | 'text'
  | 'number'
  | 'real'
  | 'decimal'
  | 'boolean'
  | 'date'
  | 'time'
  | 'timestamp'
  | 'bytes'
  | 'json'

/** The columns of the shop, in order: a table that a sink made has them too. */
export const COLUMNS: Readonly<Record<Table, Readonly<Record<string, Content>>>> = {
  customers: {
    id: 'number',
    email: 'text',
    name: 'text',
    born: 'date',
    address: 'json',
    tags: 'json',
    credit: 'decimal',
    newsletter: 'boolean',
    created_at: 'timestamp'
  },
  products: {
    id: 'number',
    sku: 'text',
    title: 'text',
    price: 'decimal',
    weight_kg: 'real',
    picture: 'bytes',
    attributes: 'json',
    changed_at: 'timestamp'
  },
  orders: {
    id: 'number',
    customer_id: 'number',
    status: 'text',
    total: 'decimal',
    note: 'text',
    placed_at: 'timestamp',
    deliver_after: 'time'
  },
  order_items: {
    order_id: 'number',
    line: 'number',
    product_id: 'number',
    quantity: 'number',
    unit_price: 'decimal',
    discount: 'real'
  }
}

/**
 * One row as text that is the same on every database. The databases themselves write dates, times
 * and bytes alike when they are asked to; floats and JSON they do not.
 */
export function rowText(table: Table, values: readonly (string | null)[]): string {
  const texts = Object.values(COLUMNS[table]).map((content, i) => {
    const value = values[i] ?? null
    if (value === null) return null
    if (content === 'real') return Number(value)
    return content === 'json' ? ordered(JSON.parse(value)) : value
  })
  return JSON.stringify(texts)
}

function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(members.map(([name, member]) => [name, ordered(member)]))
}

/** A value that the schema of its column cannot say, such as NaN in a Decimal. */
export class UnconvertibleValue extends Error {}

/** What is told about such a value. */
export interface Unconvertible {
  readonly column: string
  readonly reason: string
}

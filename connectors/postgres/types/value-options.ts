/** How values are written: the connector's keys of the same names. */
export interface ValueOptions {
  readonly decimal: 'precise' | 'double' | 'string'
  readonly time:
    | 'adaptive'
    | 'adaptive_time_microseconds'
    | 'connect'
    | 'isostring'
    | 'microseconds'
    | 'nanoseconds'
  readonly interval: 'numeric' | 'string'
  readonly binary: 'bytes' | 'base64' | 'base64-url-safe' | 'hex'
  readonly hstore: 'json' | 'map'
  readonly moneyFractionDigits: number
  readonly includeUnknown: boolean
  /** `unavailable.value.placeholder` */
  readonly placeholder: string
}

import type { ConfigType, Importance, Width } from '../api/config.ts'

// The JSON of Kafka Connect's REST API about configurations (ConfigInfos, ConfigInfo, ConfigKeyInfo,
// ConfigValueInfo, PluginInfo of `org.apache.kafka.connect.runtime.rest.entities`, 4.3).

/** A config as given over REST: null stands for a key whose value is JSON's null. */
export type GivenConfig = Readonly<Record<string, string | null>>

/** What is known of a key. Clients before 4.3 read `order`, later ones `order_in_group`: both are there. */
export interface ConfigKeyInfo {
  readonly name: string
  readonly type: ConfigType
  readonly required: boolean
  /** As text, also of numbers and lists. */
  readonly default_value: string | null
  readonly importance: Importance
  readonly documentation: string
  readonly group: string | null
  /** -1 where there is no group. */
  readonly order_in_group: number
  readonly order: number
  readonly width: Width
  readonly display_name: string
  readonly dependents: readonly string[]
}

/** What is given for a key, and what is wrong with it. */
export interface ConfigValueInfo {
  readonly name: string
  /** The value in use, defaults included, as text. Never a secret; a reference as it was written. */
  readonly value: string | null
  readonly recommended_values: readonly string[]
  readonly errors: readonly string[]
  readonly visible: boolean
}

export interface ConfigInfo {
  /** Null for a key that no declaration knows. */
  readonly definition: ConfigKeyInfo | null
  readonly value: ConfigValueInfo
}

/** The answer of `PUT /connector-plugins/{plugin}/config/validate`. */
export interface ConfigInfos {
  /** `connector.class` as given. */
  readonly name: string
  readonly error_count: number
  readonly groups: readonly string[]
  readonly configs: readonly ConfigInfo[]
}

export type PluginType =
  | 'source'
  | 'sink'
  | 'transformation'
  | 'predicate'
  | 'converter'
  | 'header_converter'

/** A line of `GET /connector-plugins`. */
export interface PluginInfo {
  readonly class: string
  readonly type: PluginType
  readonly version?: string
}

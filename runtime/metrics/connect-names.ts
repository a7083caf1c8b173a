import { type AttributesOf, type BeanKind, CONNECT_ATTRIBUTES } from './connect-attributes.ts'
import { Families, type Family, type Labels, labelText, metricName } from './exposition.ts'

/** What one MBean of Kafka Connect says. */
export interface Bean {
  readonly kind: BeanKind
  /** The properties in the name of the MBean besides `type`, such as `client-id`. */
  readonly labels: Labels
  readonly attributes: Readonly<Record<string, number | string>>
}

/**
 * Which names to give to the figures of Kafka Connect. Dashboards know two kinds:
 * - `full`: `kafka_connect_<type>_<attribute>`, as Strimzi's metrics reporter and the JMX exporter rules of
 *   Confluent write them
 * - `short`: as the JMX exporter rules of Strimzi write them (`examples/metrics` of its operator)
 */
export type NameStyle = 'full' | 'short' | 'both'

export function bean<K extends BeanKind>(
  kind: K,
  labels: Labels,
  attributes: AttributesOf<K>
): Bean {
  return { kind, labels, attributes }
}

/** A name for an attribute under the short rules, or null where they have none. */
interface ShortNames {
  readonly prefix: string
  /** The texts that these rules show; figures are all shown. */
  readonly texts: readonly string[]
}

const NO_TEXTS: readonly string[] = []

const SHORT: Readonly<Record<BeanKind, ShortNames | null>> = {
  app: null,
  count: null,
  worker: { prefix: 'kafka_connect_worker_', texts: NO_TEXTS },
  workerConnector: { prefix: 'kafka_connect_worker_', texts: NO_TEXTS },
  rebalance: { prefix: 'kafka_connect_worker_rebalance_', texts: NO_TEXTS },
  coordinator: { prefix: 'kafka_connect_coordinator_', texts: NO_TEXTS },
  client: { prefix: 'kafka_connect_', texts: NO_TEXTS },
  node: { prefix: 'kafka_connect_node_', texts: NO_TEXTS },
  connector: {
    prefix: 'kafka_connect_connector_',
    texts: ['connector-class', 'connector-type', 'connector-version', 'status']
  },
  task: { prefix: 'kafka_connect_connector_task_', texts: ['status'] },
  source: { prefix: 'kafka_connect_source_task_', texts: NO_TEXTS },
  sink: { prefix: 'kafka_connect_sink_task_', texts: NO_TEXTS },
  errors: { prefix: 'kafka_connect_task_error_', texts: NO_TEXTS },
  transform: null,
  predicate: null
}

/** What an attribute is called. */
interface Named {
  readonly attribute: string
  readonly help: string
  /** As the name of a label. */
  readonly label: string
  readonly full: string
  /** Null where the short rules do not show it. */
  readonly short: string | null
  readonly shortText: boolean
}

const NAMED = new Map(
  Object.entries(CONNECT_ATTRIBUTES).map(([kind, { type, attributes }]) => {
    const names = SHORT[kind as BeanKind]
    const named = Object.entries(attributes).map(([attribute, help]: [string, string]): Named => {
      const label = metricName(attribute)
      return {
        attribute,
        help,
        label,
        full: `${fullPrefix(type)}_${label}`,
        short: names === null ? null : names.prefix + label,
        shortText: names?.texts.includes(attribute) ?? false
      }
    })
    return [kind, named]
  })
)

/** Every figure of the beans under the wanted names. A text is a label of a figure that is always 1. */
export function connectFamilies(beans: readonly Bean[], style: NameStyle): Iterable<Family> {
  const families = new Families()
  for (const one of beans) {
    if (style !== 'short') addFull(families, one)
    if (style !== 'full') addShort(families, one)
  }
  return families.all()
}

function addFull(families: Families, { kind, labels, attributes }: Bean): void {
  const own = snakeLabels(labels)
  const plain = labelText(own)
  // Confluent's rules keep all texts of these two under one name.
  const gathered = kind === 'connector' || (kind === 'app' && 'client_id' in own)
  for (const { attribute, help, label, full } of NAMED.get(kind) ?? []) {
    const value = attributes[attribute]
    if (value === undefined) continue
    if (typeof value === 'number') families.add(full, help, { labels: plain, value })
    else families.addText(full, help, { ...own, [label]: value })
    if (gathered) {
      const { type } = CONNECT_ATTRIBUTES[kind]
      families.addText(fullPrefix(type), `What ${type} says`, { ...own, [label]: String(value) })
    }
  }
}

function addShort(families: Families, { kind, labels, attributes }: Bean): void {
  const own = flatLabels(labels)
  const plain = labelText(own)
  if (kind === 'app' && 'clientid' in own) addShortApp(families, own, attributes)
  for (const { attribute, help, label, short, shortText } of NAMED.get(kind) ?? []) {
    const value = attributes[attribute]
    if (value === undefined || short === null) continue
    if (typeof value === 'number') families.add(short, help, { labels: plain, value })
    else if (shortText) families.addText(short, help, { ...own, [label]: value })
  }
}

function addShortApp(families: Families, own: Labels, attributes: Bean['attributes']): void {
  for (const { attribute, help, label } of NAMED.get('app') ?? []) {
    const value = attributes[attribute]
    if (typeof value === 'string') {
      families.addText(`kafka_connect_${label}_info`, help, { ...own, [label]: value })
    } else if (value !== undefined) {
      const sample = { labels: labelText(own), value: value / 1000 }
      families.add('kafka_connect_start_time_seconds', 'The start of this worker', sample)
    }
  }
}

function fullPrefix(type: string): string {
  return `kafka_connect_${metricName(type)}`
}

/** `client-id` becomes `client_id`. */
function snakeLabels(labels: Labels): Labels {
  return Object.fromEntries(
    Object.entries(labels).map(([name, value]) => [metricName(name), value])
  )
}

/** `client-id` becomes `clientid`: those rules write `clientId` and ask for lower case. */
function flatLabels(labels: Labels): Labels {
  return Object.fromEntries(
    Object.entries(labels).map(([name, value]) => [name.replaceAll('-', ''), value])
  )
}

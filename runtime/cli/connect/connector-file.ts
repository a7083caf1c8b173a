import { Document, Scalar, YAMLMap } from 'yaml'
import type { ConfigSpec, RawConfig } from '../../api/config.ts'
import type { InitialState } from '../../config/load-files.ts'
import { MASK, redactConfig } from '../../config/redact.ts'

/** A connector to be written as a file. */
export interface ConnectorToWrite {
  readonly name: string
  readonly config: RawConfig
  /** Written when it is not RUNNING, which is what a file without it means. */
  readonly state: InitialState | null
}

/** What becomes of secrets in clear. References are no secrets and stay as they are. */
export type SecretStyle =
  /** `********`, which `apply` leaves as the worker has it. */
  | 'masked'
  /** A reference to an environment variable, named after connector and key. */
  | 'references'
  /** As they are. */
  | 'clear'

/** These first, the others by name. */
const FIRST_KEYS = ['connector.class', 'tasks.max', 'topics', 'topics.regex']

/** A connector as a YAML document that `loadFiles` reads back as it is. Ends with a line break. */
export function connectorYaml(
  connector: ConnectorToWrite,
  secrets: { readonly spec: ConfigSpec; readonly style: SecretStyle }
): string {
  const config = new YAMLMap<Scalar, Scalar>()
  for (const [key, value] of ordered(connector.config)) {
    config.add({ key: new Scalar(key), value: valueNode(connector.name, key, value, secrets) })
  }
  const root = new YAMLMap<Scalar, Scalar | YAMLMap>()
  root.add({ key: new Scalar('name'), value: new Scalar(connector.name) })
  if (connector.state !== null && connector.state !== 'RUNNING') {
    root.add({ key: new Scalar('initial_state'), value: new Scalar(connector.state) })
  }
  root.add({ key: new Scalar('config'), value: config })
  return new Document(root).toString({ lineWidth: 0 })
}

function ordered(config: RawConfig): [string, string][] {
  return Object.entries(config)
    .filter(([key]) => key !== 'name')
    .toSorted(([a], [b]) => place(a) - place(b) || (a < b ? -1 : 1))
}

function place(key: string): number {
  const at = FIRST_KEYS.indexOf(key)
  return at === -1 ? FIRST_KEYS.length : at
}

function valueNode(
  name: string,
  key: string,
  value: string,
  { spec, style }: { readonly spec: ConfigSpec; readonly style: SecretStyle }
): Scalar {
  const shown = redactConfig({ [key]: value }, spec)[key] ?? value
  if (style === 'clear' || !shown.includes(MASK)) return new Scalar(plain(value))
  const reference = `\${env:${variableName(name, key)}}`
  const written = shown.replaceAll(MASK, () => reference)
  if (style === 'references') return new Scalar(written)
  const node = new Scalar(shown)
  node.comment = ` stays as the worker has it; better: ${written}`
  return node
}

/** `SHOP_DATABASE_PASSWORD` */
function variableName(name: string, key: string): string {
  const words = `${name}_${key}`.toUpperCase().replaceAll(/[^A-Z0-9]+/g, '_')
  return words.replace(/^_+|_+$/g, '').replace(/^(?=\d)/, '_')
}

/** Text that YAML would put in quotes only because it looks like a number or a boolean. */
function plain(value: string): string | number | boolean {
  if (value === 'true' || value === 'false') return value === 'true'
  return /^(0|-?[1-9]\d{0,14})$/.test(value) ? Number(value) : value
}

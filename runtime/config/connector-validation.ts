import type { ConfigSpec, RawConfig } from '../api/config.ts'
import type { Connector } from '../api/connector.ts'
import { ConnectError } from '../api/errors.ts'
import { checkAliases } from './alias-check.ts'
import { baseClassProblem } from './class-check.ts'
import { checkOverrides, clientsOf, type OverridePolicy } from './client-overrides.ts'
import type { ConfigInfos, ConfigKeyInfo, GivenConfig, PluginInfo } from './config-infos.ts'
import { ConfigRefusal } from './config-refusal.ts'
import { ConfigReport } from './config-report.ts'
import { ConfigView, withoutNulls } from './config-view.ts'
import { connectorKeys, sinkConnectorKeys, sourceConnectorKeys } from './connector-keys.ts'
import { checkConverterSettings, checkFramework } from './framework-check.ts'
import { javaMapText } from './java-map.ts'
import { listedKeys } from './key-info.ts'
import { checkSink, checkSource } from './kind-check.ts'
import { reportProblems } from './own-problems.ts'
import { declares, parseConfig } from './parse-config.ts'
import { type FoundClass, PluginCatalog, versionProblem } from './plugin-catalog.ts'
import { askPlugin, checkPlugin } from './plugin-check.ts'
import type { Plugins } from './plugins.ts'
import { redactConfig } from './redact.ts'
import type { References } from './references.ts'
import { connectorSpec } from './validate-connector.ts'
import { VersionRange } from './version-range.ts'

export interface ConnectorValidationOptions {
  readonly plugins: Plugins
  readonly references: References
  /** The worker's keys as text, for the converters of connectors that name none. */
  readonly worker: RawConfig
  /** Of the workers: no sink may have its consumers in it. */
  readonly groupId: string
  readonly overridePolicy: OverridePolicy
  /** Whether records and source offsets are written in one transaction. */
  readonly exactlyOnceSource: boolean
  /** How long a source may take to look whether its system is there. Default 60 s. */
  readonly checkTimeoutMs?: number
}

const CHECK_TIMEOUT_MS = 60_000

/**
 * What the REST API says about configurations and plugins: the answers of Kafka Connect 4.3 from our
 * own declarations (`AbstractHerder.validateConnectorConfig`). No answer and no error holds a secret.
 */
export class ConnectorValidation {
  readonly #options: ConnectorValidationOptions
  readonly #catalog: PluginCatalog

  constructor(options: ConnectorValidationOptions) {
    this.#options = options
    // Whoever may ask could otherwise have any file of the machine loaded.
    this.#catalog = new PluginCatalog(options.plugins.installed())
  }

  /**
   * Every key of a connector with its value and its errors (`PUT .../config/validate`).
   *
   * @throws {ConfigRefusal} 400 where there is no such plugin: `connector.class` is missing or
   * unknown, or its version cannot be read
   */
  async validate(given: GivenConfig): Promise<ConfigInfos> {
    const { references } = this.#options
    const { config: resolved, problems } = await references.tryResolve(withoutNulls(given))
    const className = resolved['connector.class']
    if (className === undefined) throw noClass(given)
    const asked = given['connector.plugin.version']
    const range = rangeOf(asked, (reason) => reason)
    const connector = await this.#findConnector(className, resolved)
    const spec = connectorSpec(connector.plugin)
    const config = new ConfigView(given, resolved, spec)
    const report = new ConfigReport()
    const versionless = versionProblem(connector, range)
    if (versionless !== null) {
      await this.#reportVersion(report, { config, connector, problem: versionless })
    } else {
      await this.#reportAll(report, { config, connector, spec })
    }
    for (const { key, message } of problems) {
      if (report.find(key) || declares(spec, key)) report.addError(key, null, message)
    }
    return report.infos(className, (text) => config.clean(text))
  }

  /**
   * Whether a connector may be created or changed so.
   *
   * @throws {ConfigRefusal} 400 with every error, as `POST /connectors` and `PUT .../config` answer it
   */
  async check(config: GivenConfig): Promise<void> {
    const { error_count: count, configs } = await this.validate(config)
    if (count === 0) return
    const errors = configs.flatMap(({ value }) => value.errors)
    throw new ConfigRefusal(
      400,
      `Connector configuration is invalid and contains the following ${count} error(s):\n${errors.join('\n')}\nYou can also find the above list of errors at the endpoint \`/connector-plugins/{connectorType}/config/validate\``
    )
  }

  /** `GET /connector-plugins`. */
  list(connectorsOnly: boolean): Promise<PluginInfo[]> {
    return this.#catalog.list(connectorsOnly)
  }

  /**
   * The keys of a plugin of any kind (`GET /connector-plugins/{plugin}/config`); of a connector also
   * those of the framework.
   *
   * @throws {ConfigRefusal} 404 for an unknown plugin, 400 for a version that is not there
   */
  async keys(name: string, version = 'latest'): Promise<readonly ConfigKeyInfo[]> {
    const range = rangeOf(version, () => `Invalid version specification: ${version}`)
    const nested = await this.#catalog.nestedClasses(name)
    if (nested.length > 0) throw new ConfigRefusal(400, baseClassProblem(nested))
    const found = await refusing(() => this.#catalog.findAny(name))
    if (found === null) throw new ConfigRefusal(404, `Unknown plugin ${name}.`)
    const problem = versionProblem(found, range)
    if (problem !== null) throw new ConfigRefusal(400, problem)
    const { plugin } = found
    const connector = plugin.kind === 'source' || plugin.kind === 'sink'
    const own = listedKeys(plugin.config, connector ? plugin.dialect : 'kafka')
    const framework = connector
      ? [...listedKeys(connectorKeys), ...listedKeys(kindKeys(plugin.kind))]
      : []
    return [...own, ...framework].map(({ name: key, info }) =>
      key === 'connector.plugin.version' ? { ...info, default_value: found.version } : info
    )
  }

  async #findConnector(className: string, config: RawConfig): Promise<FoundClass<Connector>> {
    const found = await refusing(() => this.#catalog.find('connector', className, config))
    if (found) return found
    const known = await this.#catalog.list(true)
    const list = known.map(
      ({ class: name, type, version = 'undefined' }) =>
        `PluginDesc{klass=class ${name}, name='${name}', version='${version}', encodedVersion=${version}, type=${type}, typeName='${type}', location='classpath'}`
    )
    throw new ConfigRefusal(
      400,
      `Failed to find any class that implements Connector and which name matches ${className}, available connectors are: ${list.join(', ')}`
    )
  }

  /** Without the version that is asked for, nothing else than the framework's keys can be checked. */
  async #reportVersion(
    report: ConfigReport,
    { config, connector, problem }: { config: ConfigView; connector: FoundClass; problem: string }
  ): Promise<void> {
    const context = { catalog: this.#catalog, worker: null, connector }
    await checkFramework(report, connectorKeys, config, context)
    for (const key of ['connector.class', 'connector.plugin.version']) {
      report.addError(key, null, problem)
    }
    reportNulls(report, config, {})
  }

  async #reportAll(
    report: ConfigReport,
    {
      config,
      connector,
      spec
    }: { config: ConfigView; connector: FoundClass<Connector>; spec: ConfigSpec }
  ): Promise<void> {
    const { groupId, exactlyOnceSource: exactlyOnce, overridePolicy: policy } = this.#options
    const { plugin } = connector
    const framework = { ...connectorKeys, ...kindKeys(plugin.kind) }
    const context = { catalog: this.#catalog, worker: this.#options.worker, connector }
    const converters = await checkFramework(report, framework, config, context)
    await checkAliases(report, config, this.#catalog)
    if (plugin.kind === 'sink') checkSink(report, config, groupId)
    else checkSource(report, config, { plugin, exactlyOnce })
    reportNulls(report, config, plugin.config)
    reportProblems(report, listedOnly(framework), { settings: config.resolved, prefix: '', config })
    checkPlugin(report, plugin, config)
    checkOverrides(report, config, { clients: clientsOf(plugin.kind, config), policy })
    checkConverterSettings(report, converters, config)
    if (report.errorCount > 0) return
    const parsed = parseConfig(spec, config.resolved, { unknownKeys: 'ignore' }).config
    const timeoutMs = this.#options.checkTimeoutMs ?? CHECK_TIMEOUT_MS
    await askPlugin(report, { plugin, parsed }, config, timeoutMs)
  }
}

function kindKeys(kind: 'source' | 'sink'): ConfigSpec {
  return kind === 'source' ? sourceConnectorKeys : sinkConnectorKeys
}

/** What Kafka Connect does not look at when a connector is created, is not refused then. */
function listedOnly(spec: ConfigSpec): ConfigSpec {
  return Object.fromEntries(Object.entries(spec).filter(([, key]) => !key.options.listing?.hidden))
}

/** A null is a mistake where no one knows the key, and where the framework does. */
function reportNulls(report: ConfigReport, { given }: ConfigView, plugin: ConfigSpec): void {
  for (const [key, value] of Object.entries(given)) {
    if (value !== null || Object.hasOwn(plugin, key)) continue
    report.addError(key, null, 'Null value can not be supplied as the configuration value.')
  }
}

function noClass(given: GivenConfig): ConfigRefusal {
  const shown = redactConfig(withoutNulls(given))
  const text = javaMapText(
    Object.fromEntries(Object.keys(given).map((key) => [key, shown[key] ?? null]))
  )
  return new ConfigRefusal(400, `Connector config ${text} contains no connector type`)
}

function rangeOf(
  asked: string | null | undefined,
  worded: (reason: string) => string
): VersionRange | null {
  try {
    return VersionRange.parse(asked)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new ConfigRefusal(400, worded(reason), { cause })
  }
}

/** A plugin that cannot be loaded is a fault of the request that names it. */
async function refusing<T>(find: () => Promise<T>): Promise<T> {
  try {
    return await find()
  } catch (cause) {
    if (!(cause instanceof ConnectError)) throw cause
    throw new ConfigRefusal(
      400,
      cause.message,
      cause.hint ? { cause, hint: cause.hint } : { cause }
    )
  }
}

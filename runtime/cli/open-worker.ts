import { hostname } from 'node:os'
import { KAFKA_CONNECT_VERSION } from '../config/connect-version.ts'
import { ConnectorValidation } from '../config/connector-validation.ts'
import { type OpenHerder, openHerder } from '../herder/open-herder.ts'
import { partLogger } from '../metrics/log-levels.ts'
import { Forwarder } from '../rest/forward.ts'
import { LeaderClient } from '../rest/leader-client.ts'
import { createRestApi } from '../rest/rest-api.ts'
import { readRestSettings } from '../rest/rest-settings.ts'
import { type RestServer, startRestServer } from '../rest/server.ts'
import { readForwardTls } from '../rest/server-tls.ts'
import { brokerSettings } from './open-broker.ts'
import { packageVersion } from './package-version.ts'
import type { CheckedFiles } from './worker-files.ts'
import type { WorkerOutput } from './worker-output.ts'

export interface OpenWorkerOptions {
  readonly checked: CheckedFiles
  readonly output: WorkerOutput
  readonly cwd: string
  /** A group of one that nobody else can join. */
  readonly alone: boolean
  /** Whether the REST API is served. */
  readonly rest: boolean
}

/** A worker and its REST API. Nothing runs before the herder's `start`. */
export interface OpenWorker extends OpenHerder {
  /** Null when there is no REST API. */
  readonly server: RestServer | null
}

/** Starts to listen, then opens everything else: callers are told meanwhile that the worker starts. */
export async function openWorker(options: OpenWorkerOptions): Promise<OpenWorker> {
  const { checked, output } = options
  const { config, raw } = checked.worker
  const part = (name: 'rest' | 'herder') => partLogger(output.logs.lines, output.logs.levels, name)
  let stage = 'opening the topics'
  const server = options.rest
    ? await startRestServer({
        settings: await readRestSettings(config, raw),
        logger: part('rest'),
        stage: () => stage
      })
    : null
  const forwarder = new Forwarder({ logger: part('rest'), tls: await readForwardTls(raw) })
  try {
    const opened = await openWith(options, server, forwarder)
    stage = 'joining the group'
    server?.setHandler(restApi(options, opened, forwarder))
    const close = async () => {
      await opened.close()
      await server?.close()
      forwarder.close()
    }
    return { ...opened, server, close }
  } catch (error) {
    await server?.close()
    throw error
  }
}

async function openWith(
  { checked, output, cwd, alone }: OpenWorkerOptions,
  server: RestServer | null,
  forwarder: Forwarder
): Promise<OpenHerder> {
  const { config, raw } = checked.worker
  const { logs, view } = output
  const tasks = partLogger(logs.lines, logs.levels, 'worker')
  const host = config['rest.advertised.host.name'] ?? hostname()
  const port = config['rest.advertised.port'] ?? 8083
  const leader = new LeaderClient({
    forwarder,
    sessionKey: () => opened.herder.sessionKey,
    algorithm: config['inter.worker.signature.algorithm']
  })
  const opened = await openHerder({
    broker: brokerSettings(checked.worker, cwd),
    config,
    raw,
    plugins: checked.plugins,
    references: checked.references,
    redactor: checked.redactor,
    registryUrl: registryUrl(),
    cwd,
    logger: partLogger(logs.lines, logs.levels, 'herder'),
    logs,
    workerId: server ? `${server.advertised.host}:${server.advertised.port}` : `${host}:${port}`,
    url: server?.advertised.url ?? '',
    alone,
    app: { version: packageVersion(), commitId: 'unknown', startedAt: performance.timeOrigin },
    progress: (task, progress) => view.show(task, progress),
    changed: (task, state) =>
      tasks.debug(`Task is ${state.state}.`, { connector: task.connector, task: task.task }),
    requestTaskConfigs: (url, connector, configs) =>
      leader.requestTaskConfigs(url, connector, configs)
  })
  return opened
}

function restApi(
  { checked, output }: OpenWorkerOptions,
  { herder, metrics }: OpenHerder,
  forwarder: Forwarder
) {
  const { plugins, references, redactor } = checked
  const { config, raw } = checked.worker
  const validation = new ConnectorValidation({
    plugins,
    references,
    worker: raw,
    groupId: config['group.id'],
    overridePolicy: config['connector.client.config.override.policy'],
    exactlyOnceSource: config['exactly.once.source.support'] !== 'disabled'
  })
  return createRestApi({
    herder,
    plugins,
    validation,
    levels: output.logs.levels,
    forwarder,
    version: { version: KAFKA_CONNECT_VERSION, commit: packageVersion() },
    ownVersion: packageVersion(),
    verificationAlgorithms: config['inter.worker.verification.algorithms'],
    metrics,
    redact: (text) => redactor.text(text),
    logger: partLogger(output.logs.lines, output.logs.levels, 'rest')
  })
}

/** The same module as TypeScript in development and as JavaScript in dist/. */
function registryUrl(): string {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  return new URL(`../../connectors/registry.${extension}`, import.meta.url).href
}

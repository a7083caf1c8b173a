import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type ConnectorContext, defineSource } from '../../../runtime/api/connector.ts'
import { RetriableError } from '../../../runtime/api/errors.ts'
import { ConnectorRunner } from '../../../runtime/worker/connector-runner.ts'
import { until } from '../../support/until.ts'
import { MemoryReporter } from './runners.ts'

/** A connector whose tables and moods a test changes, and its runner. */
class Watched {
  readonly reporter = new MemoryReporter()
  readonly runner: ConnectorRunner
  /** The contexts that its monitor was called with. */
  readonly contexts: ConnectorContext[] = []
  tables = 1
  made = 0
  failure: Error | null = null
  /** Monitors that have not ended. */
  watching = 0
  /** What a monitor does before it ends, once told to. */
  leave: () => Promise<void> = async () => {}

  constructor(paused = false) {
    const plugin = defineSource({
      summary: 'Watches.',
      config: {},
      createTask: () => assert.fail('a connector creates no task'),
      taskConfigs: async () => {
        this.made++
        if (this.failure) throw this.failure
        return [{ tables: String(this.tables) }]
      },
      monitor: async (_config, _raw, context) => {
        this.contexts.push(context)
        this.watching++
        await new Promise((resolve) => context.signal.addEventListener('abort', resolve))
        await this.leave()
        this.watching--
      }
    })
    const config = { name: 'c', 'connector.class': 'watched' }
    const { reporter } = this
    this.runner = new ConnectorRunner(
      { plugin, connector: 'c', config, resolved: config, reporter },
      paused
    )
  }

  get context(): ConnectorContext {
    return this.contexts.at(-1) ?? assert.fail('nothing watches')
  }

  get published(): (string | undefined)[] {
    return this.reporter.configs.map(([task]) => task?.['tables'])
  }
}

describe('the loop of a connector', () => {
  it('makes task configs at the start, and again when the connector asks for it', async () => {
    const connector = new Watched()
    const running = connector.runner.run()
    await until(() => connector.watching === 1)
    connector.tables = 2
    connector.context.requestTaskReconfiguration()
    await until(() => connector.published.length === 2)
    assert.deepEqual(connector.published, ['1', '2'])
    connector.runner.stop()
    await running
    assert.equal(connector.watching, 0)
  })

  it('answers many requests at once with two rounds: the one under way, and one for the rest', async () => {
    const connector = new Watched()
    const running = connector.runner.run()
    await until(() => connector.watching === 1)
    for (connector.tables = 2; connector.tables < 100; connector.tables++) {
      connector.context.requestTaskReconfiguration()
    }
    await until(() => connector.published.at(-1) === '100')
    assert.equal(connector.made, 3)
    connector.runner.stop()
    await running
  })

  it('watches nothing while it is paused, and looks again when it goes on', async () => {
    const connector = new Watched()
    const running = connector.runner.run()
    await until(() => connector.watching === 1)
    const before = connector.context
    connector.runner.pause()
    await connector.reporter.next('PAUSED')
    assert.equal(connector.watching, 0)
    connector.tables = 2
    before.requestTaskReconfiguration()
    connector.runner.resume()
    await until(() => connector.watching === 1)
    assert.deepEqual(connector.published, ['1', '2'])
    connector.runner.stop()
    await running
  })

  for (const error of [new Error('no such schema'), new RetriableError('GONE', 'no connection')]) {
    it(`fails with what was thrown, and leaves nothing that watches: ${error.name}`, async () => {
      const connector = new Watched()
      const running = connector.runner.run()
      await until(() => connector.watching === 1)
      connector.failure = error
      connector.context.requestTaskReconfiguration()
      await assert.rejects(running, error)
      assert.equal(connector.watching, 0)
    })
  }

  it('waits for what watches to end, unless it is left behind', async () => {
    const connector = new Watched()
    const left = Promise.withResolvers<void>()
    connector.leave = () => left.promise
    let ended = false
    const running = connector.runner.run().then(() => {
      ended = true
    })
    await until(() => connector.watching === 1)
    connector.runner.stop()
    await new Promise((resolve) => setImmediate(resolve))
    assert.equal(ended, false)
    connector.runner.abandon()
    await running
    left.resolve()
  })
})

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import {
  bodyOf,
  capturedExchanges,
  compare,
  configOf,
  connectValidation,
  type Exchange
} from '../runtime/config/captured-answers.ts'
import { type PostgresServer, startPostgres } from '../support/postgres.ts'

describe('validating a PostgreSQL source over the REST API', () => {
  let server: PostgresServer
  const validation = connectValidation({ checkTimeoutMs: 20_000 })

  before(async () => {
    server = await startPostgres()
    await server.createDatabase('inv')
    await server.query('CREATE TABLE small (id int PRIMARY KEY)', undefined, 'inv')
  })
  after(() => server.stop())

  /** The captured exchange, with the server of this test in the place of the captured one. */
  function here(name: string): Exchange {
    const exchange = capturedExchanges({
      PGHOST: server.host,
      PGPORT: String(server.port),
      'not-checked': server.password
    }).find((one) => one.case === name)
    assert.ok(exchange)
    return exchange
  }

  const captured = capturedExchanges().map((exchange) => exchange.case)

  for (const name of captured.filter((one) => one.startsWith('dbz-create'))) {
    it(`answers as captured: ${name}`, async () => {
      const exchange = here(name)
      const { name: connector, config } = bodyOf(exchange) as { name: string; config: unknown }
      await compare(exchange, async () => {
        await validation.check(configOf(config, connector))
        return null
      })
    })
  }

  for (const name of captured.filter((one) => one.startsWith('dbz-validate'))) {
    it(`answers as captured: ${name}`, async () => {
      const exchange = here(name)
      await compare(exchange, () => validation.validate(configOf(bodyOf(exchange))))
    })
  }

  const good = () => configOf(bodyOf(here('dbz-validate-good')))

  async function errorsOf(changes: Readonly<Record<string, string>>) {
    const infos = await validation.validate({ ...good(), ...changes })
    return infos.configs.flatMap(({ value }) =>
      value.errors.map((error) => [value.name, error] as const)
    )
  }

  it('names a database that is not there', async () => {
    const [[key, error] = []] = await errorsOf({ 'database.dbname': 'nope' })
    assert.equal(key, 'database.dbname')
    assert.match(error ?? '', /^Error while validating connector config: .*nope/)
  })

  it('never answers the password, however wrong it is', async () => {
    const password = 'wr0ng-p4ssword'
    const infos = await validation.validate({ ...good(), 'database.password': password })
    assert.equal(infos.error_count, 1)
    assert.ok(!JSON.stringify(infos).includes(password))
  })

  it('gives up on a server that does not answer', async () => {
    const { createServer } = await import('node:net')
    const silent = createServer()
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const address = silent.address()
    const port = typeof address === 'object' && address ? String(address.port) : ''
    const config = { ...good(), 'database.port': port }
    const infos = await connectValidation({ checkTimeoutMs: 200 }).validate(config)
    silent.close()
    assert.equal(infos.error_count, 1)
  })

  it("says every error at once, in Debezium's words", async () => {
    assert.deepEqual(
      await errorsOf({
        'topic.prefix': 'bad prefix!',
        'table.include.list': '(',
        'table.exclude.list': 'x',
        'slot.name': 'Bad-Slot',
        'snapshot.mode': 'sometimes',
        'tombstones.on.delete': 'perhaps',
        'max.batch.size': 'ten'
      }),
      [
        [
          'topic.prefix',
          "The 'topic.prefix' value is invalid: bad prefix! has invalid format (only the underscore, hyphen, dot and alphanumeric characters are allowed)"
        ],
        [
          'slot.name',
          "The 'slot.name' value is invalid: Valid replication slot name must contain only digits, lowercase characters and underscores with length <= 63"
        ],
        [
          'max.batch.size',
          "The 'max.batch.size' value is invalid: A positive, non-zero integer value is expected"
        ],
        [
          'snapshot.mode',
          "The 'snapshot.mode' value is invalid: Value must be one of always, initial_only, configuration_based, when_needed, initial, custom, no_data"
        ],
        [
          'tombstones.on.delete',
          "The 'tombstones.on.delete' value is invalid: Either 'true' or 'false' is expected"
        ],
        [
          'table.include.list',
          "The 'table.include.list' value is invalid: A comma-separated list of valid regular expressions is expected, but Unclosed group near index 1\n("
        ],
        [
          'table.exclude.list',
          'The \'table.exclude.list\' value is invalid: "table.include.list" is already specified'
        ]
      ]
    )
  })

  it('refuses what is not built, with the reason', async () => {
    const errors = await errorsOf({
      'snapshot.mode': 'custom',
      'signal.data.collection': 'public.signals'
    })
    assert.deepEqual(errors.map(([key]) => key).toSorted(), [
      'signal.data.collection',
      'snapshot.mode'
    ])
    assert.match(
      JSON.stringify(errors),
      /signal\.data\.collection' value is invalid: is not supported: not built yet/
    )
  })
})

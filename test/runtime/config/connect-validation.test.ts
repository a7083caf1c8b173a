import { describe, it } from 'node:test'
import {
  bodyOf,
  capturedExchanges,
  compare,
  configOf,
  connectValidation,
  isAboutConfig
} from './captured-answers.ts'

const validation = connectValidation()
/** Those of the PostgreSQL source are in `test/connectors/postgres-validation.test.ts`. */
const exchanges = capturedExchanges().filter(
  (exchange) => isAboutConfig(exchange) && !/^dbz-(create|validate)/.test(exchange.case)
)

describe('creating a connector, as captured', () => {
  for (const exchange of exchanges) {
    const { method, path } = exchange.request
    if (method !== 'POST' || path !== '/connectors') continue
    it(exchange.case, async () => {
      const { name, config } = bodyOf(exchange) as { name?: string; config: unknown }
      await compare(exchange, async () => {
        await validation.check(configOf(config, (name ?? '').trim()))
        return null
      })
    })
  }
})

describe('putting a configuration, as captured', () => {
  for (const exchange of exchanges) {
    const { method, path } = exchange.request
    const [, name] = /^\/connectors\/([^/]+)\/config$/.exec(path) ?? []
    if (method !== 'PUT' || name === undefined) continue
    it(exchange.case, async () => {
      const { response } = exchange
      const expected = response.status === 200 ? { status: 201, body: null } : response
      await compare({ ...exchange, response: expected }, async () => {
        await validation.check(configOf(bodyOf(exchange), decodeURIComponent(name)))
        return null
      })
    })
  }
})

describe('validating a configuration, as captured', () => {
  for (const exchange of exchanges) {
    const { method, path } = exchange.request
    if (method !== 'PUT' || !path.endsWith('/config/validate')) continue
    it(exchange.case, async () => {
      await compare(exchange, () => validation.validate(configOf(bodyOf(exchange))))
    })
  }
})

describe('describing a plugin, as captured', () => {
  for (const exchange of capturedExchanges()) {
    const { method, path } = exchange.request
    const [, plugin, version] =
      /^\/connector-plugins\/([^/]+)\/config(?:\?version=(.*))?$/.exec(path) ?? []
    if (method !== 'GET' || plugin === undefined) continue
    it(exchange.case, async () => {
      await compare(exchange, () => validation.keys(plugin, version))
    })
  }
})

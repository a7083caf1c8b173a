import type { Mechanism, SASLOptions } from 'kafkajs'
import { ConnectError } from '../../api/errors.ts'
import { invalidConfig, type KafkaConfig } from './kafka-config.ts'

const MECHANISMS = 'PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER'

/**
 * Reads `sasl.mechanism` and `sasl.jaas.config`. Values of the latter are secrets: no error shows
 * them.
 *
 * @throws {ConnectError} INVALID_KAFKA_CONFIG
 */
export function readSasl(config: KafkaConfig): SASLOptions | Mechanism {
  const mechanism = config['sasl.mechanism']?.trim().toUpperCase() ?? 'GSSAPI'
  const options = parseJaas(config['sasl.jaas.config'] ?? '')
  if (mechanism === 'OAUTHBEARER') return oauthBearer(config, options)
  const username = options.get('username')
  const password = options.get('password')
  const known = mechanism === 'PLAIN' || /^SCRAM-SHA-(256|512)$/.test(mechanism)
  if (!known) {
    throw invalidConfig(
      `sasl.mechanism is ${mechanism}, which is not supported`,
      `use ${MECHANISMS}`
    )
  }
  if (username === undefined || password === undefined) {
    throw invalidConfig(
      'sasl.jaas.config has no username or no password',
      `write it as org.apache.kafka.common.security.${moduleOf(mechanism)} required` +
        ' username="..." password="...";'
    )
  }
  if (mechanism === 'PLAIN') return { mechanism: 'plain', username, password }
  if (mechanism === 'SCRAM-SHA-256') return { mechanism: 'scram-sha-256', username, password }
  return { mechanism: 'scram-sha-512', username, password }
}

/** The `name="value"` options of a JAAS login module. */
function parseJaas(text: string): Map<string, string> {
  const options = new Map<string, string>()
  const pattern = /([A-Za-z][\w.]*)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([^\s;"']+))/g
  for (const [, name = '', double, single, bare] of text.matchAll(pattern)) {
    const quoted = double ?? single
    options.set(name, quoted === undefined ? (bare ?? '') : quoted.replace(/\\(.)/g, '$1'))
  }
  return options
}

function moduleOf(mechanism: string): string {
  return mechanism === 'PLAIN' ? 'plain.PlainLoginModule' : 'scram.ScramLoginModule'
}

/** The client credentials grant (RFC 6749, section 4.4), as Kafka's own login handler does it. */
function oauthBearer(config: KafkaConfig, options: Map<string, string>): SASLOptions {
  const url = config['sasl.oauthbearer.token.endpoint.url']
  const clientId =
    config['sasl.oauthbearer.client.credentials.client.id'] ?? options.get('clientId')
  const secret =
    config['sasl.oauthbearer.client.credentials.client.secret'] ?? options.get('clientSecret')
  const scope = config['sasl.oauthbearer.scope'] ?? options.get('scope')
  if (url === undefined || clientId === undefined || secret === undefined) {
    throw invalidConfig(
      'sasl.mechanism is OAUTHBEARER, but there is no token endpoint, client id or client secret',
      'set sasl.oauthbearer.token.endpoint.url, and clientId and clientSecret in sasl.jaas.config'
    )
  }
  const form = new URLSearchParams({ grant_type: 'client_credentials', ...(scope && { scope }) })
  const authorization = `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}`
  const oauthBearerProvider = async () => {
    const signal = AbortSignal.timeout(10_000)
    const response = await fetch(url, {
      method: 'POST',
      headers: { authorization },
      body: form,
      signal
    })
    const token: unknown = response.ok ? await response.json() : null
    if (typeof token === 'object' && token !== null && 'access_token' in token) {
      return { value: String(token.access_token) }
    }
    throw new ConnectError(
      'KAFKA_AUTHENTICATION',
      `The token endpoint ${url} answered ${response.status} without an access token`,
      { hint: 'check the client id, the client secret and the scope' }
    )
  }
  return { mechanism: 'oauthbearer', oauthBearerProvider }
}

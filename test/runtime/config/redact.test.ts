import assert from 'node:assert/strict'
import { test } from 'node:test'
import { password, string } from '../../../runtime/api/config.ts'
import { isSecretKey, Redactor, redactConfig } from '../../../runtime/config/redact.ts'

test('tells keys of secrets from keys that only sound like one', () => {
  const secret = [
    'database.password',
    'connection.password',
    'sasl.jaas.config',
    'ssl.keystore.key',
    'aws.secret.access.key',
    'producer.override.sasl.jaas.config',
    'api.key',
    'api_key',
    'slack.token',
    'ssl.key.passphrase'
  ]
  const open = [
    'database.user',
    'sasl.oauthbearer.token.endpoint.url',
    'ssl.keystore.location',
    'ssl.keystore.type',
    'message.key.columns',
    'key.converter',
    'password.file'
  ]
  assert.deepEqual(
    secret.filter((name) => !isSecretKey(name)),
    []
  )
  assert.deepEqual(
    open.filter((name) => isSecretKey(name)),
    []
  )
  assert.ok(isSecretKey('pin', { pin: password({ doc: 'Pin.', default: null }) }))
  assert.ok(isSecretKey('pin', { pin: string({ doc: 'Pin.', default: null, secret: true }) }))
})

test('shows a configuration without its secrets, and references as they are', () => {
  const shown = redactConfig({
    'database.password': 'hunter22',
    'other.password': '${env:PGPASSWORD}',
    'half.password': 'a${env:PGPASSWORD}',
    'empty.password': '',
    'connection.url': 'postgres://me:hunter22@db/shop',
    'jdbc.url': 'jdbc:postgresql://db/shop?user=me&password=hunter22&ssl=true',
    'ref.url': '${file:s.properties:url}',
    topic: 'a'
  })
  assert.deepEqual(shown, {
    'database.password': '********',
    'other.password': '${env:PGPASSWORD}',
    'half.password': '********',
    'empty.password': '',
    'connection.url': 'postgres://me:********@db/shop',
    'jdbc.url': 'jdbc:postgresql://db/shop?user=me&password=********&ssl=true',
    'ref.url': '${file:s.properties:url}',
    topic: 'a'
  })
})

test('masks known secrets in text, in every form in which they appear', () => {
  const redactor = new Redactor()
  redactor.addConfig({
    'a.password': 'p"a\\s\n/1',
    'b.password': 'hunter',
    'c.password': 'hunter22',
    'd.password': 'x1',
    url: 'postgres://me:url%20word@db/shop'
  })
  redactor.addReferenced('database.hostname', 'HOST', 'internal.example')
  redactor.addReferenced('pin', 'DB_SECRET', 'from-a-secret')
  redactor.addReferenced('sasl.jaas.config', 'X', 'from-a-key')
  const masked = [
    'p"a\\s\n/1',
    JSON.stringify({ password: 'p"a\\s\n/1' }),
    encodeURIComponent('p"a\\s\n/1'),
    'hunter22 and hunter',
    'is x1.',
    'url%20word, url word',
    'from-a-secret, from-a-key'
  ].map((line) => redactor.text(line))
  assert.deepEqual(masked, [
    '********',
    '{"password":"********"}',
    '********',
    '******** and ********',
    'is ********.',
    '********, ********',
    '********, ********'
  ])
  const open = 'internal.example:5432, x12 rows, hunters'
  assert.equal(redactor.text(open), open)
})

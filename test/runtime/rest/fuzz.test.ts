import assert from 'node:assert/strict'
import { it } from 'node:test'
import { hashPassword, hashToken, newToken } from '../../../runtime/config/credential-hash.ts'
import { fuzz, fuzzPlan } from '../../support/fuzz-run.ts'
import { startTestServer } from '../../support/rest-server.ts'

const PATHS = [
  '/connectors',
  '/connectors/a/config',
  '/connectors/a/offsets',
  '/connectors/a/restart',
  '/connector-plugins/file/config/validate',
  '/admin/loggers/root'
]

const LIMITS = { headersMs: 150, readMs: 300, checkMs: 25 }

it('the server of the REST API refuses what is wrong, and goes on', async (t) => {
  const plan = fuzzPlan(600)
  t.diagnostic(`MILLRACE_FUZZ_SEED=${plan.seed} MILLRACE_FUZZ_COUNT=${plan.count}`)
  const token = newToken()
  const password = 'a password that nobody may see'
  const hash = await hashPassword(password)
  await using rest = await startTestServer({
    limits: LIMITS,
    keys: {
      'rest.auth.tokens.fuzz.hash': hashToken(token),
      'rest.auth.tokens.fuzz.role': 'admin',
      'rest.auth.users.ann.password.hash': hash
    }
  })
  await fuzz(
    {
      port: rest.port,
      login: `Authorization: Bearer ${token}\r\n`,
      paths: PATHS,
      secrets: [token, password, hash],
      logText: () => JSON.stringify(rest.lines.filter(({ level }) => level !== 'debug')),
      async stillWorks() {
        const headers = { authorization: `Bearer ${token}` }
        const answer = await fetch(`${rest.url}/connectors`, { headers })
        assert.equal(answer.status, 200)
        await answer.body?.cancel()
      }
    },
    plan
  )
  assert.deepEqual(
    rest.lines.filter(({ level }) => level === 'error'),
    []
  )
})

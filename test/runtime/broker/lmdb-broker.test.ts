import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { fileURLToPath } from 'node:url'
import { openLmdbBroker } from '../../../runtime/broker/lmdb/lmdb-broker.ts'
import { brokerContract } from '../../contract/broker-contract.ts'

const module = fileURLToPath(
  new URL('../../../runtime/broker/lmdb/lmdb-broker.ts', import.meta.url)
)
const path = mkdtempSync(join(tmpdir(), 'millrace-log-'))
after(() => rmSync(path, { recursive: true, force: true }))

brokerContract('embedded', {
  open: () => openLmdbBroker({ path }),
  remote: { module, open: 'openLmdbBroker', argument: { path } }
})

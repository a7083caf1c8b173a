import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import type { Broker } from '../../../runtime/broker/broker.ts'
import { openLmdbBroker } from '../../../runtime/broker/lmdb/lmdb-broker.ts'
import { coordinatorContract } from '../../contract/coordinator-contract.ts'
import { projectRoot } from '../../support/source-files.ts'

const path = mkdtempSync(join(tmpdir(), 'millrace-group-'))
const opened: Broker[] = []
after(async () => {
  for (const broker of opened) await broker.close()
  rmSync(path, { recursive: true, force: true })
})

coordinatorContract('embedded', {
  tellsByItself: true,
  open: async (options) => {
    const broker = await openLmdbBroker({ path })
    opened.push(broker)
    return broker.coordinator(options)
  },
  remote: {
    module: join(projectRoot, 'runtime/broker/lmdb/lmdb-broker.ts'),
    open: 'openLmdbBroker',
    argument: { path }
  }
})

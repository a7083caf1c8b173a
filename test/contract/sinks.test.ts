import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe } from 'node:test'
import fileSink from '../../connectors/file/sink.ts'
import { mariadb, postgres, type SinkServer } from '../support/sink-databases.ts'
import { sinkContract } from './sink-contract.ts'

describe('the file sink as a sink', () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-file-'))
  let files = 0
  after(() => rmSync(folder, { recursive: true }))

  sinkContract({
    plugin: fileSink,
    exactlyOnce: true,
    async prepare() {
      const file = join(folder, `${++files}.jsonl`)
      const written = async () => {
        const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean)
        return lines.map((line) => (JSON.parse(line) as { n: number }).n).sort((a, b) => a - b)
      }
      return { config: { file }, written }
    }
  })
})

for (const database of [postgres, mariadb]) {
  describe(`the ${database.name} sink as a sink`, database.requirement, () => {
    let server: SinkServer
    before(async () => {
      server = await database.start()
    })
    after(async () => {
      await server.stop()
    })

    sinkContract({
      plugin: database.plugin,
      exactlyOnce: true,
      async prepare() {
        const { config: connection, run } = await server.create()
        const config = {
          ...connection,
          'insert.mode': 'insert',
          'primary.key.mode': 'none',
          'delete.enabled': 'false'
        }
        const written = async () =>
          (await run('select n from t order by n')).map(({ n }) => Number(n))
        return { config, written }
      }
    })
  })
}

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe } from 'node:test'
import fileSink from '../../connectors/file/sink.ts'
import postgresSink from '../../connectors/postgres/sink.ts'
import { type PostgresServer, startPostgres } from '../support/postgres.ts'
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

describe('the PostgreSQL sink as a sink', () => {
  let server: PostgresServer
  before(async () => {
    server = await startPostgres()
  })
  after(async () => {
    await server.stop()
  })

  sinkContract({
    plugin: postgresSink,
    exactlyOnce: true,
    async prepare() {
      const database = await server.createDatabase()
      const config = {
        'connection.url': server.url(database),
        'insert.mode': 'insert',
        'primary.key.mode': 'none',
        'delete.enabled': 'false'
      }
      const written = async () => {
        const rows = await server.query('select n from t order by n', undefined, database)
        return rows.map(({ n }) => Number(n))
      }
      return { config, written }
    }
  })
})

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { runScenario } from '../support/golden-driver.ts'
import { type PostgresServer, startPostgres } from '../support/postgres.ts'

// All statements run before the stream is read: the catalog is then of a later time than the rows,
// as for a connector that was down while somebody migrated the database.

describe('rows that are older than the catalog', () => {
  let server: PostgresServer
  before(async () => {
    server = await startPostgres()
  })
  after(() => server.stop())

  /** Key, operation and rows of every record, as text. */
  async function records(sql: { before: string; after: string }): Promise<string[]> {
    const name = 'altered'
    const config = {
      'connector.class': 'postgres',
      'topic.prefix': name,
      'database.dbname': name,
      'slot.name': name,
      'publication.name': name,
      'key.converter.schemas.enable': 'false',
      'value.converter.schemas.enable': 'false'
    }
    const found = await runScenario(server, { name, config, ...sql })
    return found.map(({ key, value }) => {
      const { op, before, after } = JSON.parse(value ?? '{"op":"-"}') as Record<string, unknown>
      return `${op} ${key} ${JSON.stringify(before ?? null)} ${JSON.stringify(after ?? null)}`
    })
  }

  it('keep their nulls when a column became NOT NULL since', async () => {
    const found = await records({
      before: `create table t (id int primary key, v text, n int default 7)`,
      after: `insert into t values (1, null, null); update t set v = 'x', n = 5;
        alter table t alter v set not null, alter n set not null;
        insert into t values (2, 'y', 6); delete from t where id = 2`
    })
    assert.deepEqual(found, [
      'c {"id":1} null {"id":1,"v":null,"n":7}',
      'u {"id":1} null {"id":1,"v":"x","n":5}',
      'c {"id":2} null {"id":2,"v":"y","n":6}',
      'd {"id":2} {"id":2,"v":"","n":7} null',
      '- {"id":2} null null'
    ])
  })

  it('have no key where the column of a key that was added since is null', async () => {
    const found = await records({
      before: `create table t (id int, v text); alter table t replica identity full`,
      after: `insert into t values (null, 'a'); update t set id = 1; alter table t add primary key (id);
        insert into t values (2, 'b')`
    })
    assert.deepEqual(found, [
      'c null null {"id":null,"v":"a"}',
      'u null {"id":null,"v":"a"} {"id":1,"v":"a"}',
      'c {"id":2} null {"id":2,"v":"b"}'
    ])
  })

  it('keep their nulls under a NOT NULL that is not valid yet', async () => {
    const found = await records({
      before: `create table t (id int primary key, v text); insert into t values (1, null);
        alter table t add constraint filled not null v not valid`,
      after: `delete from t`
    })
    assert.deepEqual(found.slice(0, 2), [
      'r {"id":1} null {"id":1,"v":null}',
      'd {"id":1} {"id":1,"v":null} null'
    ])
  })
})

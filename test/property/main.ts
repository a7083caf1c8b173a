/**
 * `npm run property -- --seeds 100 --from 7`: copies random tables of MariaDB for many seeds, and prints
 * those whose copies differ.
 */
import { parseArgs } from 'node:util'
import { startMariadb } from '../support/mariadb.ts'
import { copyRandomTables } from '../support/random-tables/random-copies.ts'

/** How many databases one worker copies at once. */
const AT_ONCE = 6

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '30' },
    from: { type: 'string', default: '1' }
  }
})

await using server = await startMariadb()
const first = Number(values.from)
const all = Array.from({ length: Number(values.seeds) }, (_, i) => first + i)
let wrong = 0
for (let i = 0; i < all.length; i += AT_ONCE) {
  const found = await copyRandomTables(server, all.slice(i, i + AT_ONCE))
  for (const [seed, faults] of found) {
    if (faults.length === 0) continue
    wrong++
    console.log(`seed ${seed}: ${faults.length} differences`)
    for (const fault of faults.slice(0, 10)) console.log(`  ${fault.slice(0, 400)}`)
  }
  console.log(`${Math.min(i + AT_ONCE, all.length)} of ${all.length} seeds, ${wrong} wrong`)
}
process.exitCode = wrong === 0 ? 0 : 1

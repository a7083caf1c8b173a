import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { simulate } from './simulate.ts'

// CI runs 10,000 seeds with `npm run simulate`; these are for whoever changes the herder.
const SEEDS = 120

describe('a simulated fleet', () => {
  it('comes right after whatever happened to it', async () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const { violation } = await simulate(seed)
      assert.equal(violation, null, `npm run simulate -- --seed ${seed} --trace`)
    }
  })

  it('does the same again for the same seed', async () => {
    const runs: string[][] = [[], []]
    for (const lines of runs) await simulate(4242, (line) => lines.push(line))
    assert.ok((runs[0]?.length ?? 0) > 1000)
    assert.deepEqual(runs[0], runs[1])
  })
})

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { projectRoot } from '../../support/source-files.ts'
import { millrace } from './millrace.ts'

const HOME = join(projectRoot, 'configs')
/** Those of docker/ are for what docker-compose.yml puts around them: docker-compose.test.ts. */
const folders = readdirSync(HOME).filter((name) => name !== 'docker')

/** A value for every variable of the environment that the files of a folder name. */
function environmentOf(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => path.endsWith('.yaml'))
  const texts = files.map((path) => readFileSync(path, 'utf8'))
  const names = texts.flatMap((text) =>
    [...text.matchAll(/\$\{env:(\w+)\}/g)].map(([, name]) => name)
  )
  return Object.fromEntries(names.map((name) => [name ?? '', '1']))
}

describe('the configurations in configs/', () => {
  for (const name of folders) {
    test(`${name} is valid`, async () => {
      const folder = join(HOME, name)
      const ran = await millrace(['validate', folder], { env: environmentOf(folder) })
      assert.equal(ran.code, 0, ran.out + ran.err)
    })
  }
})

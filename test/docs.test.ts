import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { describe, it } from 'node:test'
import { projectRoot } from './support/source-files.ts'

const pages = ['README.md', 'CONTRIBUTING.md', ...markdownIn('docs'), ...markdownIn('connectors')]

function markdownIn(folder: string): string[] {
  return readdirSync(join(projectRoot, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => posix.join(folder, name.replaceAll('\\', '/')))
}

const read = (path: string) => readFileSync(join(projectRoot, path), 'utf8')

describe('documentation', () => {
  it('links only to files that exist', () => {
    const broken = pages.flatMap((page) =>
      [...read(page).matchAll(/\]\((?!https?:)([^)#]+)/g)]
        .map((match) => posix.join(dirname(page), match[1] ?? ''))
        .filter((target) => !existsSync(join(projectRoot, target)))
        .map((target) => `${page} -> ${target}`)
    )
    assert.deepEqual(broken, [])
  })

  it('names only project files that exist', () => {
    const pattern = /`((?:runtime|connectors|configs|test|docs|bench)\/[\w./-]+)`/g
    const missing = pages.flatMap((page) =>
      [...read(page).matchAll(pattern)]
        .map((match) => match[1] ?? '')
        .filter((path) => !existsSync(join(projectRoot, path)))
        .map((path) => `${page}: ${path}`)
    )
    assert.deepEqual(missing, [])
  })
})

/** `npm run build`: compiles runtime/ and connectors/ into dist/, ready to be packed. */
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  globSync,
  readFileSync,
  rmSync,
  writeFileSync
} from 'node:fs'
import { join } from 'node:path'
import { projectRoot } from './source-files.ts'

const SHEBANG = '#!/usr/bin/env node\n'

const at = (...parts: string[]) => join(projectRoot, ...parts)

rmSync(at('dist'), { recursive: true, force: true })
execFileSync(
  process.execPath,
  [at('node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json'],
  {
    cwd: projectRoot,
    stdio: 'inherit'
  }
)

const others = globSync('{runtime,connectors}/**/*.{json,md,sql,html,css,svg}', {
  cwd: projectRoot
})
for (const file of others) cpSync(at(file), at('dist', file))
// `dist/` finds its version and module type where the source finds them: one folder above runtime/.
const { name, version, license, type, engines } = JSON.parse(
  readFileSync(at('package.json'), 'utf8')
) as Record<string, unknown>
writeFileSync(
  at('dist/package.json'),
  `${JSON.stringify({ name, version, license, type, engines }, null, 2)}\n`
)

const main = at('dist/runtime/cli/main.js')
if (!existsSync(main)) throw new Error('the build has no runtime/cli/main.js')
const text = readFileSync(main, 'utf8')
if (!text.startsWith('#!')) writeFileSync(main, SHEBANG + text)
chmodSync(main, 0o755)

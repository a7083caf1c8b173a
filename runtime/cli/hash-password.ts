import { text } from 'node:stream/consumers'
import { Command } from 'commander'
import { hashPassword, hashToken, newToken } from '../config/credential-hash.ts'
import { usageError } from './exit-code.ts'
import { readHidden } from './hidden-input.ts'
import { print } from './terminal.ts'

const HELP = `
Prints what a worker file needs to know a login, which does not tell the password or the token.
The password is asked for, or read from standard input.

Examples:
  $ millrace hash-password                        for rest.auth.users.<name>.password.hash
  $ printf %s "$PASSWORD" | millrace hash-password
  $ millrace hash-password --token                a new token, and rest.auth.tokens.<name>.hash`

/** `millrace hash-password`. */
export function hashPasswordCommand(): Command {
  return new Command('hash-password')
    .description('make the hash of a password or of a new token, for logins of the REST API')
    .option('--token', 'make a new bearer token, and print it with its hash')
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action(async (options: { token?: boolean; json?: boolean }) => {
      const token = options.token ? newToken() : null
      const hash = token === null ? await hashPassword(await readPassword()) : hashToken(token)
      if (options.json) await print(JSON.stringify(token === null ? { hash } : { token, hash }))
      else if (token === null) await print(hash)
      else await print(`token: ${token}\nhash:  ${hash}`)
    })
}

/** @throws {ConnectError} USAGE when there is none */
async function readPassword(): Promise<string> {
  const password = process.stdin.isTTY
    ? await readHidden('Password: ')
    : (await text(process.stdin)).replace(/\r?\n$/, '')
  if (password === '') throw usageError('the password is empty', 'write it to standard input')
  if (/[\r\n\0]/.test(password)) {
    throw usageError('the password has more than one line', 'write one line to standard input')
  }
  return password
}

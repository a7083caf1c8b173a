import type { RawConfig } from '../api/config.ts'
import {
  type PasswordHash,
  parsePasswordHash,
  parseTokenHash,
  tokenDigest
} from './credential-hash.ts'
import type { Finding } from './finding.ts'
import { ROLES } from './rest-keys.ts'

type Role = (typeof ROLES)[number]

export interface DeclaredUser {
  readonly name: string
  readonly role: Role
  readonly hash: PasswordHash
}

export interface DeclaredToken {
  readonly name: string
  readonly role: Role
  /** SHA-256 of the token. */
  readonly digest: Buffer
}

/** Who may use the REST API: everybody when nobody is declared. */
export interface RestAccess {
  /** Whether a login is needed. So it is, too, when every declared one is wrong. */
  readonly required: boolean
  readonly users: readonly DeclaredUser[]
  readonly tokens: readonly DeclaredToken[]
}

const KEY = /^rest\.auth\.(users|tokens)\.(.+?)\.(password\.hash|hash|token|role)$/

/**
 * Reads `rest.auth.users.` and `rest.auth.tokens.`, and finds logins that lack a part. What is wrong
 * with a single value is found where values are parsed, and such a login is left out.
 *
 * @param raw the worker's keys with references resolved
 */
export function readRestAccess(raw: RawConfig): { access: RestAccess; problems: Finding[] } {
  const logins = new Map<string, Record<string, string>>()
  for (const [key, value] of Object.entries(raw)) {
    const [, kind = '', name = '', part = ''] = KEY.exec(key) ?? []
    if (part === '') continue
    const id = `${kind}.${name}`
    logins.set(id, { ...logins.get(id), [part]: value })
  }
  const users: DeclaredUser[] = []
  const tokens: DeclaredToken[] = []
  const problems: Finding[] = []
  for (const [id, parts] of logins) {
    const [kind, name] = [id.slice(0, id.indexOf('.')), id.slice(id.indexOf('.') + 1)]
    const problem = kind === 'users' ? problemOfUser(id, parts) : problemOfToken(id, parts)
    if (problem !== null) {
      problems.push(problem)
      continue
    }
    const role = ROLES.find((known) => known === (parts['role'] ?? 'read'))
    if (role === undefined) continue
    if (kind === 'users') {
      const hash = parsed(() => parsePasswordHash(parts['password.hash'] ?? ''))
      if (hash !== null) users.push({ name, role, hash })
    } else {
      const { hash, token } = parts
      const digest =
        token === undefined ? parsed(() => parseTokenHash(hash ?? '')) : tokenDigest(token)
      if (digest !== null) tokens.push({ name, role, digest })
    }
  }
  return { access: { required: logins.size > 0, users, tokens }, problems }
}

type Parts = Readonly<Record<string, string>>

function problemOfUser(id: string, parts: Parts): Finding | null {
  const key = `rest.auth.${id}.password.hash`
  if (id.includes(':')) {
    return error(`rest.auth.${id}.role`, 'a user name cannot have a colon: it ends the name', null)
  }
  if (parts['password.hash'] !== undefined) return null
  return error(key, `${key} is missing`, 'make it with: millrace hash-password')
}

function problemOfToken(id: string, { hash, token }: Parts): Finding | null {
  const key = `rest.auth.${id}.hash`
  if (hash !== undefined && token !== undefined) {
    return error(key, `${key} and rest.auth.${id}.token are both there`, `keep ${key} only`)
  }
  if (hash !== undefined || token !== undefined) return null
  return error(key, `${key} is missing`, 'make it with: millrace hash-password --token')
}

function error(key: string, message: string, suggestion: string | null): Finding {
  return { severity: 'error', key, message, suggestion }
}

function parsed<T>(parse: () => T): T | null {
  try {
    return parse()
  } catch {
    return null
  }
}

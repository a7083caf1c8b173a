import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Logger } from '../api/task.ts'
import { type PasswordHash, tokenDigest, verifyPassword } from '../config/credential-hash.ts'
import type { DeclaredUser, RestAccess } from '../config/rest-access.ts'
import { failure } from './answers.ts'
import type { Principal, RestResponse } from './http.ts'
import { LoginThrottle } from './login-throttle.ts'

export interface AuthenticatorOptions {
  readonly access: RestAccess
  /** Milliseconds, of a clock that never goes back. */
  readonly now: () => number
  readonly logger: Logger
}

/** Right logins that are remembered, because checking a password takes some 40 ms of a core. */
const MAX_KNOWN = 1000
/** Logins that are checked at the same time, in threads that files need as well; others wait. */
const MAX_CHECKS = 2
const MAX_WAITING = 100

/** Who asks, or the answer that refuses to say more. */
export type Login = { readonly principal: Principal } | { readonly refusal: RestResponse }

/** Tells who sends a request, by its Authorization header. */
export class Authenticator {
  readonly #access: RestAccess
  readonly #users: ReadonlyMap<string, DeclaredUser>
  readonly #throttle: LoginThrottle
  readonly #logger: Logger
  /** Known logins by a keyed hash, so that no password stays in memory. */
  readonly #known = new Map<string, Principal>()
  readonly #secret = randomBytes(32)
  /** Logins that are being checked, by the same hash. */
  readonly #checking = new Map<string, Promise<Login>>()
  readonly #waiting: (() => void)[] = []
  #checks = 0

  constructor({ access, now, logger }: AuthenticatorOptions) {
    this.#access = access
    this.#users = new Map(access.users.map((user) => [user.name, user]))
    this.#throttle = new LoginThrottle(now)
    this.#logger = logger
  }

  /** Whether anybody has to log in. */
  get required(): boolean {
    return this.#access.required
  }

  /** @returns who it is, or the answer that refuses */
  async authenticate(authorization: string | undefined, address: string): Promise<Login> {
    if (authorization === undefined) return this.#unauthorized('Log in to use this worker')
    const id = createHmac('sha256', this.#secret).update(authorization).digest('base64')
    const known = this.#known.get(id)
    if (known !== undefined) return { principal: known }
    // A page that asks for ten things at once logs in once.
    const checking = this.#checking.get(id) ?? this.#check(id, authorization, address)
    this.#checking.set(id, checking)
    try {
      return await checking
    } finally {
      this.#checking.delete(id)
    }
  }

  async #check(id: string, authorization: string, address: string): Promise<Login> {
    const waitMs = this.#throttle.take(address)
    if (waitMs > 0) return tooMany('Too many wrong logins from your address', waitMs)
    if (this.#waiting.length >= MAX_WAITING) {
      this.#throttle.giveBack(address)
      return tooMany('Too many logins at the same time', 1000)
    }
    await this.#turn()
    try {
      const principal = await this.#principalOf(authorization)
      if (principal === null) {
        this.#logger.warn('A request with a wrong login was refused.', { address })
        return this.#unauthorized('The login is not known to this worker')
      }
      this.#throttle.giveBack(address)
      this.#remember(id, principal)
      return { principal }
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#checks--
      else next()
    }
  }

  async #turn(): Promise<void> {
    if (this.#checks < MAX_CHECKS) this.#checks++
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  async #principalOf(authorization: string): Promise<Principal | null> {
    const [, scheme = '', credentials = ''] = /^(\w+) +(\S+)\s*$/.exec(authorization) ?? []
    if (scheme.toLowerCase() === 'bearer') return this.#checkToken(credentials)
    return scheme.toLowerCase() === 'basic' ? this.#checkPassword(credentials) : null
  }

  #checkToken(token: string): Principal | null {
    const digest = tokenDigest(token)
    let found: Principal | null = null
    // Every token is compared, so that the time tells nothing about their order.
    for (const { name, role, digest: kept } of this.#access.tokens) {
      if (timingSafeEqual(digest, kept)) found = { name, role }
    }
    return found
  }

  async #checkPassword(credentials: string): Promise<Principal | null> {
    const text = Buffer.from(credentials, 'base64').toString('utf8')
    const colon = text.indexOf(':')
    if (colon < 0) return null
    const user = this.#users.get(text.slice(0, colon))
    // An unknown name takes as long as a wrong password: nobody learns which names there are.
    const hash = user?.hash ?? this.#access.users[0]?.hash ?? NOBODY
    const right = await verifyPassword(text.slice(colon + 1), hash)
    return right && user !== undefined ? { name: user.name, role: user.role } : null
  }

  #remember(id: string, principal: Principal): void {
    if (this.#known.size >= MAX_KNOWN) this.#known.clear()
    this.#known.set(id, principal)
  }

  #unauthorized(message: string): Login {
    const schemes = [
      ...(this.#access.users.length > 0 ? ['Basic realm="millrace", charset="UTF-8"'] : []),
      ...(this.#access.tokens.length > 0 ? ['Bearer realm="millrace"'] : [])
    ]
    const headers = { 'WWW-Authenticate': schemes.join(', ') }
    return { refusal: failure(401, message, headers) }
  }
}

/** For a worker with tokens only. */
const NOBODY: PasswordHash = {
  cost: 16_384,
  blockSize: 8,
  parallelization: 1,
  salt: Buffer.alloc(16),
  key: Buffer.alloc(32)
}

function tooMany(message: string, waitMs: number): Login {
  const seconds = Math.ceil(waitMs / 1000)
  const text = `${message}; try again in ${seconds} s`
  return { refusal: failure(429, text, { 'Retry-After': String(seconds) }) }
}

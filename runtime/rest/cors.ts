import type { IncomingHttpHeaders } from 'node:http'
import { escapeRegex } from '../config/regex-text.ts'

/** Which pages of other origins may use the API. */
export interface CorsSettings {
  /** Whole origins, matched as they are sent. */
  readonly origins: RegExp
  readonly any: boolean
  readonly methods: string
}

/** What Jetty allows, which serves Kafka Connect, when no methods are given. */
const DEFAULT_METHODS = ['GET', 'HEAD', 'POST']
const PREFLIGHT_SECONDS = 1800

/** @returns null when no origin is allowed: browsers then keep pages of other origins away */
export function readCors(origins: string, methods: string): CorsSettings | null {
  const items = itemsOf(origins)
  if (items.length === 0) return null
  const patterns = items.map((item) => item.split('*').map(escapeRegex).join('.*'))
  const allowed = itemsOf(methods)
  return {
    origins: new RegExp(`^(?:${patterns.join('|')})$`, 'i'),
    any: items.includes('*'),
    methods: (allowed.length === 0 ? DEFAULT_METHODS : allowed).join(', ')
  }
}

/** The CORS headers of an answer. */
export function corsHeaders(
  cors: CorsSettings | null,
  headers: IncomingHttpHeaders
): Record<string, string> {
  if (cors === null) return {}
  if (!isAllowedOrigin(cors, headers)) return { Vary: 'Origin' }
  const origin = cors.any ? '*' : (headers.origin ?? '')
  return {
    'Access-Control-Allow-Origin': origin,
    'Access-Control-Expose-Headers': 'Location, Retry-After',
    ...(cors.any ? {} : { Vary: 'Origin' })
  }
}

/** Whether a browser asks what a page of another origin may do; it sends no credentials with it. */
export function isPreflight(method: string, headers: IncomingHttpHeaders): boolean {
  return (
    method === 'OPTIONS' &&
    headers.origin !== undefined &&
    headers['access-control-request-method'] !== undefined
  )
}

export function preflightHeaders(
  cors: CorsSettings,
  headers: IncomingHttpHeaders
): Record<string, string> {
  const allowed = corsHeaders(cors, headers)
  if (!isAllowedOrigin(cors, headers)) return allowed
  return {
    ...allowed,
    'Access-Control-Allow-Methods': cors.methods,
    'Access-Control-Allow-Headers': 'Authorization, Content-Type',
    'Access-Control-Max-Age': String(PREFLIGHT_SECONDS)
  }
}

/**
 * Whether a browser sends this for a page of another site that is not allowed to. Some changes need no
 * body, so that a form of any page could ask for them with the login that the browser remembers.
 */
export function isForeignChange(
  cors: CorsSettings | null,
  method: string,
  headers: IncomingHttpHeaders
): boolean {
  if (method === 'GET' || method === 'HEAD' || method === 'OPTIONS') return false
  if (headers['sec-fetch-site'] !== 'cross-site') return false
  return cors === null || !isAllowedOrigin(cors, headers)
}

function isAllowedOrigin(cors: CorsSettings, headers: IncomingHttpHeaders): boolean {
  return headers.origin !== undefined && cors.origins.test(headers.origin)
}

function itemsOf(text: string): string[] {
  return text.split(',').flatMap((item) => item.trim() || [])
}

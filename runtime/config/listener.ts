/** Where a worker listens, as one item of the key `listeners` says it. */
export interface Listener {
  readonly protocol: 'http' | 'https'
  /** Empty for every address of the machine; an IPv6 address has no brackets. */
  readonly host: string
  /** 0 for any free one. */
  readonly port: number
}

const LISTENER = /^(\w+):\/\/(?:\[([0-9a-f:.%]+)\]|([\w.-]*)):(\d{1,5})$/i

/** @throws {Error} whose message is worded to follow the key's name */
export function parseListener(text: string): Listener {
  const match = LISTENER.exec(text.trim())
  const protocol = match?.[1]?.toLowerCase()
  const port = Number(match?.[4])
  if (match === null || port > 65_535) {
    throw new Error(`must be protocol://host:port, as http://127.0.0.1:8083; '${text}' is not`)
  }
  if (protocol !== 'http' && protocol !== 'https') {
    throw new Error(`must begin with http:// or https://; '${text}' does not`)
  }
  return { protocol, host: match[2] ?? match[3] ?? '', port }
}

/** Listeners in one text, separated by commas. @throws {Error} as `parseListener` */
export function parseListeners(text: string): Listener[] {
  return text.split(',').flatMap((item) => (item.trim() === '' ? [] : parseListener(item)))
}

/** The listener as a URL without a path. */
export function listenerUrl({ protocol, host, port }: Listener): string {
  return `${protocol}://${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** Whether the host stands for every address of the machine. */
export function isWildcard(host: string): boolean {
  return host === '' || host === '0.0.0.0' || host === '::'
}

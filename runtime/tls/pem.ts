const PEM_BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----([\s\S]*?)-----END \1-----/g

/**
 * The PEM blocks of a text, or nothing. Kafka allows their lines to be joined by blanks; OpenSSL does
 * not.
 */
export function asPem(text: string): string {
  let pem = ''
  for (const [block, label = '', body = ''] of text.matchAll(PEM_BLOCK)) {
    const encrypted = body.includes(':')
    pem += encrypted ? `${block}\n` : pemBlock(label, body.replace(/\\n|\s+/g, ''))
  }
  return pem
}

/** @param base64 without line breaks */
export function pemBlock(label: string, base64: string): string {
  const lines = base64.match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}

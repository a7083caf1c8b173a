/** `${...}`, with the `$` of an escape before it. Only one with a colon inside is a reference. */
export const REFERENCE = /\$?\$\{([^}]*)\}/g

/** Whether a value holds a reference, so that its text may be shown: it is no secret. */
export function hasReference(value: string): boolean {
  return [...value.matchAll(REFERENCE)].some(
    ([written, inner]) => !written.startsWith('$$') && inner?.includes(':')
  )
}

/**
 * Waits until something calls `wake`, the time is over, or the signal aborts. Never throws: whoever
 * waits looks at what has changed.
 */
export async function waitFor(
  subscribe: (wake: (() => void) | undefined) => void,
  options: { readonly signal: AbortSignal; readonly ms?: number }
): Promise<void> {
  const { signal, ms } = options
  if (signal.aborted) return
  await new Promise<void>((resolve) => {
    let timer: NodeJS.Timeout | undefined
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      subscribe(undefined)
      resolve()
    }
    signal.addEventListener('abort', done, { once: true })
    if (ms !== undefined) timer = setTimeout(done, ms)
    subscribe(done)
  })
}

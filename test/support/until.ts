/**
 * Waits until a condition holds, looking every few milliseconds.
 * @throws {Error} naming the condition when it does not come true within `limitMs`
 */
export async function until(
  condition: () => boolean | Promise<boolean>,
  options: { readonly limitMs?: number; readonly what?: string } = {}
): Promise<void> {
  const deadline = Date.now() + (options.limitMs ?? 30_000)
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`Not within the limit: ${options.what ?? condition}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

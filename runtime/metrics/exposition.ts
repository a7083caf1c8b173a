/** What one name means: a family of the Prometheus text format, version 0.0.4. */
export interface Family {
  readonly name: string
  readonly type: 'counter' | 'gauge'
  readonly help: string
  readonly samples: readonly Sample[]
}

export interface Sample {
  /** As `labelText` writes them. */
  readonly labels: string
  readonly value: number
}

export type Labels = Readonly<Record<string, string>>

/** Content type of what `renderMetrics` writes. */
export const EXPOSITION_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

/** Labels as the format has them, values escaped; empty without labels. Names must be valid already. */
export function labelText(labels: Labels): string {
  let text = ''
  for (const name in labels) {
    const value = escapeValue(labels[name] ?? '')
    text += `${text === '' ? '{' : ','}${name}="${value}"`
  }
  return text === '' ? '' : `${text}}`
}

/** Any text as a name of the format: `source-record-poll-rate` is `source_record_poll_rate`. */
export function metricName(text: string): string {
  const name = text.replace(/[^a-zA-Z0-9_]/g, '_')
  return /^[0-9]/.test(name) ? `_${name}` : name
}

/** Families by name, in the order of their first samples. */
export class Families {
  readonly #byName = new Map<string, Family & { readonly samples: Sample[] }>()

  /** @param type of the family when this is its first sample; by default as its name ends */
  add(name: string, help: string, sample: Sample, type?: Family['type']): void {
    const family = this.#byName.get(name)
    if (family !== undefined) family.samples.push(sample)
    else {
      const byName = name.endsWith('_total') ? 'counter' : 'gauge'
      this.#byName.set(name, { name, help, type: type ?? byName, samples: [sample] })
    }
  }

  /** A text as the label of a figure that is always 1. */
  addText(name: string, help: string, labels: Labels): void {
    this.add(name, help, { labels: labelText(labels), value: 1 })
  }

  all(): Iterable<Family> {
    return this.#byName.values()
  }
}

/** Families without samples are left out: the format would allow them, and they say nothing. */
export function renderMetrics(families: Iterable<Family>): string {
  const lines: string[] = []
  for (const { name, type, help, samples } of families) {
    if (samples.length === 0) continue
    lines.push(`# HELP ${name} ${escapeHelp(help)}`, `# TYPE ${name} ${type}`)
    for (const { labels, value } of samples) lines.push(name + labels + numberText(value))
  }
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`
}

function escapeValue(text: string): string {
  if (!/["\\\n]/.test(text)) return text
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}

function escapeHelp(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
}

/** After the space that has to stand before it. */
function numberText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return ' +Inf'
  return value === Number.NEGATIVE_INFINITY ? ' -Inf' : ` ${value}`
}

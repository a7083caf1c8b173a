import assert from 'node:assert/strict'

/** One line of the Prometheus text format that has a value. */
export interface ParsedSample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export interface Exposition {
  readonly samples: readonly ParsedSample[]
  readonly types: ReadonlyMap<string, string>
  readonly helps: ReadonlyMap<string, string>
  /** The samples of a name whose labels include these. */
  find(name: string, labels?: Readonly<Record<string, string>>): readonly ParsedSample[]
  /** The one value of a name with these labels. */
  value(name: string, labels?: Readonly<Record<string, string>>): number
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*'
const SAMPLE = new RegExp(`^(${NAME})(?:\\{(.*)\\})? (NaN|[+-]Inf|[-+0-9.eE]+)$`)
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\\\|\\"|\\n)*)"(,|$)/y

/**
 * Reads the Prometheus text format, version 0.0.4, as strictly as Prometheus and promtool together: each
 * name once, HELP and TYPE before its samples, no series twice.
 */
export function parseExposition(text: string): Exposition {
  assert.ok(text.endsWith('\n'), 'the last line has an end')
  const samples: ParsedSample[] = []
  const types = new Map<string, string>()
  const helps = new Map<string, string>()
  const series = new Set<string>()
  let family = ''
  for (const line of text.slice(0, -1).split('\n')) {
    const help = new RegExp(`^# HELP (${NAME}) (.+)$`).exec(line)
    const type = new RegExp(`^# TYPE (${NAME}) (counter|gauge|summary|untyped)$`).exec(line)
    if (help) {
      family = help[1] ?? ''
      assert.ok(!helps.has(family), `${family} is described twice`)
      helps.set(family, help[2] ?? '')
    } else if (type) {
      assert.equal(type[1], family, line)
      types.set(family, type[2] ?? '')
    } else {
      const sample = parseSample(line)
      assert.equal(sample.name, family, `out of its family: ${line}`)
      assert.ok(types.has(family), `without a type: ${line}`)
      const id = JSON.stringify([sample.name, Object.entries(sample.labels).sort()])
      assert.ok(!series.has(id), `twice: ${line}`)
      series.add(id)
      samples.push(sample)
    }
  }
  const find = (name: string, labels = {}) =>
    samples.filter(
      (sample) =>
        sample.name === name &&
        Object.entries(labels).every(([label, value]) => sample.labels[label] === value)
    )
  const value = (name: string, labels = {}) => {
    const found = find(name, labels)
    assert.equal(found.length, 1, `${name} ${JSON.stringify(labels)}: ${found.length} samples`)
    return found[0]?.value ?? Number.NaN
  }
  return { samples, types, helps, find, value }
}

function parseSample(line: string): ParsedSample {
  const found = SAMPLE.exec(line)
  assert.ok(found, `not a sample: ${line}`)
  const [, name = '', labels = '', value = ''] = found
  return {
    name,
    labels: parseLabels(labels, line),
    value: Number(value.replace('Inf', 'Infinity'))
  }
}

function parseLabels(text: string, line: string): Record<string, string> {
  const labels: Record<string, string> = {}
  LABEL.lastIndex = 0
  for (let at = 0; at < text.length; at = LABEL.lastIndex) {
    const found = LABEL.exec(text)
    assert.ok(found, `not labels: ${line}`)
    const [, name = '', value = ''] = found
    labels[name] = value.replace(/\\(.)/g, (_, escaped: string) =>
      escaped === 'n' ? '\n' : escaped
    )
  }
  return labels
}

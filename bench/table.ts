import type { Figures } from './measure-system.ts'

interface Line {
  readonly key: string
  readonly label: string
  readonly unit: string
  readonly digits: number
  readonly better: 'higher' | 'lower'
}

const line = (
  key: string,
  label: string,
  unit: string,
  better: Line['better'],
  digits = 0
): Line => ({
  key,
  label,
  unit,
  digits,
  better
})

const LINES: readonly Line[] = [
  line('snapshot', 'Snapshot, table to topic', 'rows/s', 'higher'),
  line('snapshot cpu', 'CPU of the worker', 'us/row', 'lower', 1),
  line('streaming 1000', 'Streaming, 1,000 updates a transaction', 'events/s', 'higher'),
  line('streaming 1000 cpu', 'CPU of the worker', 'us/event', 'lower', 1),
  line('streaming 1', 'Streaming, 1 update a transaction', 'events/s', 'higher'),
  line('streaming 1 cpu', 'CPU of the worker', 'us/event', 'lower', 1),
  line('latency p50', 'Commit to consumer at 100 transactions/s, p50', 'ms', 'lower', 1),
  line('latency p99', 'The same, p99', 'ms', 'lower', 1),
  line('sink', 'Topic to table, upsert', 'rows/s', 'higher'),
  line('sink cpu', 'CPU of the worker', 'us/row', 'lower', 1),
  line('ready', 'Process start to ready', 'ms', 'lower'),
  line('idle cpu', 'CPU with an idle source connector', '% of a core', 'lower', 2),
  line('memory idle', 'Memory, no connector', 'MiB', 'lower'),
  line('memory peak', 'Memory, highest in all of the above', 'MiB', 'lower')
]

export interface Column {
  readonly name: string
  readonly figures: Figures
}

/** The figures as a Markdown table; the ratios are against the first column, above 1 is better. */
export function resultTable(columns: readonly Column[]): string {
  const [first, ...others] = columns
  const head = ['', 'unit', first?.name ?? '', ...others.flatMap(({ name }) => [name, 'ratio'])]
  const rows = LINES.filter(({ key }) => columns.some(({ figures }) => key in figures)).map(
    (each) => {
      const cells = others.flatMap(({ figures }) => [
        number(figures[each.key], each.digits),
        ratio(each, first?.figures[each.key], figures[each.key])
      ])
      return [each.label, each.unit, number(first?.figures[each.key], each.digits), ...cells]
    }
  )
  const align = ['---', '---', ...head.slice(2).map(() => '---:')]
  return [head, align, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

function number(value: number | undefined, digits: number): string {
  if (value === undefined) return ''
  return value.toLocaleString('en-US', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits
  })
}

function ratio(each: Line, rival: number | undefined, ours: number | undefined): string {
  if (rival === undefined || ours === undefined) return ''
  const value = each.better === 'higher' ? ours / rival : rival / ours
  if (!Number.isFinite(value)) return ''
  return `${value.toFixed(value < 10 ? 1 : 0)}x`
}

import type { ConfigSpec } from '../../api/config.ts'
import type { LoadedConnector } from '../../config/load-files.ts'
import { MASK, redactConfig } from '../../config/redact.ts'
import { type Style, style } from '../terminal.ts'
import type { Plan, Update } from './apply-plan.ts'
import type { KeyChange } from './config-diff.ts'

const COLOURS = { '+': 'green', '~': 'yellow', '-': 'red' } as const satisfies Record<string, Style>

type Sign = keyof typeof COLOURS

/**
 * The plan for people: what is created (+), changed (~) and deleted (-), key by key, then what stays.
 * Secrets are masked.
 */
export function planLines(plan: Plan, secretsOf: (name: string) => ConfigSpec): string[] {
  const { updates, creates, deletes, unmanaged, unchanged, hidden } = plan
  return [
    ...updates.flatMap(updateLines),
    ...creates.flatMap((connector) => createLines(connector, secretsOf(connector.name))),
    ...deletes.map((name) => signed('-', name)),
    ...unmanaged.map((name) => dim(`  ${name}: in no file, left alone (--prune deletes it)`)),
    ...unchanged.flatMap(({ name, held }) =>
      held === null
        ? []
        : [dim(`  ${name}: is ${held}, and its file has no initial_state: left as it is`)]
    ),
    ...[...hidden].map(([name, keys]) =>
      dim(
        `  ${name}: the worker does not show ${keys.join(', ')}, so it was not compared; millrace connectors update sends it`
      )
    ),
    summary(plan)
  ]
}

function updateLines({ connector, diff, state }: Update): string[] {
  const { name, file } = connector
  return [
    signed('~', `${name}  ${dim(file)}`),
    ...diff.changes.map((change) => `    ${changeText(change)}`),
    ...diff.lost.map((key) => `    ${signed('~', `${key}: masked in the file, nothing to keep`)}`),
    ...(state === null ? [] : [`    ${signed('~', `state: ${state.from} -> ${state.to}`)}`])
  ]
}

function createLines(connector: LoadedConnector, secrets: ConfigSpec): string[] {
  const { name, file, initialState } = connector
  const keys = Object.entries(redactConfig(connector.config, secrets)).filter(([k]) => k !== 'name')
  return [
    signed('+', `${name}  ${dim(file)}`),
    ...keys.map(([key, value]) => `    ${signed('+', `${key}: ${shown(value)}`)}`),
    ...(initialState === 'RUNNING' ? [] : [`    ${signed('+', `state: ${initialState}`)}`])
  ]
}

function changeText({ key, before, after }: KeyChange): string {
  if (before === null) return signed('+', `${key}: ${shown(after ?? '')}`)
  if (after === null) return signed('-', `${key}: ${shown(before)}`)
  const differs = before === after && before.includes(MASK) ? ' (another secret)' : ''
  return signed('~', `${key}: ${shown(before)} -> ${shown(after)}${differs}`)
}

function summary({ updates, creates, deletes, unchanged }: Plan): string {
  return [
    `${updates.length} to change`,
    `${creates.length} to create`,
    `${deletes.length} to delete`,
    `${unchanged.length} unchanged`
  ].join(', ')
}

function signed(sign: Sign, text: string): string {
  return style(process.stdout, COLOURS[sign], `${sign} ${text}`)
}

function dim(text: string): string {
  return style(process.stdout, 'dim', text)
}

/** Line breaks and control characters are written out, and an empty text is seen. */
function shown(value: string): string {
  return value === '' || /\p{Cc}|^\s|\s$/u.test(value) ? JSON.stringify(value) : value
}

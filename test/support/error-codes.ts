import { stripTypeScriptTypes } from 'node:module'
import { type AnyNode, type Function as FunctionNode, type Node, type Program, parse } from 'acorn'
import { ancestor, full } from 'acorn-walk'
import type { SourceFile } from './source-files.ts'

/** What is known of the error codes of a set of files. */
export interface ErrorCodes {
  /** All codes that an error can be made with, and a place of each. */
  readonly made: ReadonlyMap<string, string>
  /** Codes that something asks for, as in `error.code === 'FENCED'`, and a place of each. */
  readonly askedFor: ReadonlyMap<string, string>
  /** Places where an error is made with a code that this reading does not understand. */
  readonly unclear: readonly string[]
}

const CLASSES = new Set(['ConnectError', 'RetriableError', 'DataError'])
const CODE = /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/

/**
 * Reads the codes from the syntax of the files: first arguments of the error classes and of `super` in
 * their subclasses, and properties named `code`; through constants, conditions and parameters.
 */
export function errorCodes(files: readonly SourceFile[]): ErrorCodes {
  const made = new Map<string, string>()
  const askedFor = new Map<string, string>()
  const unclear: string[] = []
  for (const { path, text } of files) {
    const program = parse(stripTypeScriptTypes(text), {
      ecmaVersion: 'latest',
      sourceType: 'module',
      locations: true
    })
    const placeOf = (node: Node) => `${path}:${node.loc?.start.line}`
    const note = (node: AnyNode | undefined, ancestors: readonly Node[], strict: boolean) => {
      const codes = node && codesOf(node, { ancestors: ancestors as AnyNode[], program })
      if (codes === undefined && strict) unclear.push(placeOf(ancestors.at(-1) ?? program))
      for (const code of codes ?? []) made.set(code, placeOf(node ?? program))
    }
    ancestor(program, {
      NewExpression(node, _state, ancestors) {
        const { callee } = node
        if (callee.type !== 'Identifier' || !CLASSES.has(callee.name)) return
        note(node.arguments[0], ancestors, true)
      },
      CallExpression(node, _state, ancestors) {
        if (node.callee.type === 'Super' && isErrorClass(ancestors as AnyNode[])) {
          note(node.arguments[0], ancestors, true)
        }
      },
      Property(node, _state, ancestors) {
        const isCode = node.key.type === 'Identifier' && node.key.name === 'code'
        if (isCode && node.value.type !== 'Identifier') note(node.value, ancestors, false)
      },
      BinaryExpression(node) {
        const { left, right } = node
        const member = left.type === 'MemberExpression' && nameOf(left.property) === 'code'
        if (!member || right.type !== 'Literal') return
        const value = String(right.value)
        if (CODE.test(value)) askedFor.set(value, placeOf(node))
      }
    })
  }
  return { made, askedFor, unclear }
}

interface Place {
  readonly ancestors: readonly AnyNode[]
  readonly program: Program
}

/** @returns the codes that an expression can be, without those handed on from another error */
function codesOf(node: AnyNode, place: Place): string[] | undefined {
  switch (node.type) {
    case 'Literal':
      return typeof node.value === 'string' && CODE.test(node.value) ? [node.value] : undefined
    case 'ConditionalExpression':
      return joined([codesOf(node.consequent, place), codesOf(node.alternate, place)])
    case 'LogicalExpression':
      return joined([codesOf(node.left, place), codesOf(node.right, place)])
    case 'ChainExpression':
      return codesOf(node.expression, place)
    case 'MemberExpression':
      return nameOf(node.property) === 'code' ? [] : undefined
    case 'Identifier':
      return codesOfName(node.name, place)
    default:
      return undefined
  }
}

function joined(parts: readonly (string[] | undefined)[]): string[] | undefined {
  return parts.includes(undefined) ? undefined : parts.flatMap((part) => part ?? [])
}

function codesOfName(name: string, place: Place): string[] | undefined {
  for (const around of place.ancestors.toReversed()) {
    if (!/Function/.test(around.type)) continue
    const body = around as FunctionNode
    const constant = constantOf(body, name)
    if (constant === 'handed on') return []
    if (constant) return codesOf(constant, place)
    const index = body.params.findIndex((parameter) => nameOf(parameter) === name)
    if (index !== -1 && body.id) return codesOfArgument(body.id.name, index, place.program)
  }
  return undefined
}

function constantOf(body: FunctionNode, name: string): AnyNode | 'handed on' | undefined {
  let found: AnyNode | 'handed on' | undefined
  full(body, (node) => {
    if (node.type !== 'VariableDeclarator') return
    const { id, init } = node as Extract<AnyNode, { type: 'VariableDeclarator' }>
    if (nameOf(id) === name) found = init ?? undefined
    if (id.type !== 'ObjectPattern' || name !== 'code') return
    if (id.properties.some((one) => one.type === 'Property' && nameOf(one.key) === name)) {
      found = 'handed on'
    }
  })
  return found
}

function codesOfArgument(name: string, index: number, program: Program): string[] | undefined {
  const found: (string[] | undefined)[] = []
  ancestor(program, {
    CallExpression(node, _state, ancestors) {
      if (nameOf(node.callee) !== name) return
      const argument = node.arguments[index]
      found.push(argument && codesOf(argument, { ancestors: ancestors as AnyNode[], program }))
    }
  })
  return joined(found)
}

function isErrorClass(ancestors: readonly AnyNode[]): boolean {
  const around = ancestors.findLast(({ type }) => /^Class(Declaration|Expression)$/.test(type))
  const { id, superClass } = around as Extract<AnyNode, { type: 'ClassDeclaration' }>
  if (CLASSES.has(id?.name ?? '')) return false
  return CLASSES.has((superClass && nameOf(superClass)) ?? '')
}

function nameOf(node: AnyNode): string | undefined {
  return node.type === 'Identifier' ? node.name : undefined
}

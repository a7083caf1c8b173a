import { ConnectError } from '../api/errors.ts'
import { flatten } from './flatten.ts'
import { parseProperties } from './properties-format.ts'
import { parseYaml } from './yaml-format.ts'

/**
 * The values of a file that references point into, by dotted key. Files that end in .json, .yaml or
 * .yml are that; any other is read as .properties, as Kafka's FileConfigProvider does.
 *
 * @throws {ConnectError} UNRESOLVED_REFERENCE when the file cannot be read as what its name says;
 * the message never quotes the file
 */
export function readKeys(file: string, text: string): ReadonlyMap<string, string> {
  const isYaml = /\.(json|ya?ml)$/i.test(file)
  const { documents, problems } = isYaml ? parseYaml(text) : parseProperties(text)
  const [document] = documents
  const fault = problems.find((problem) => problem.severity === 'error')
  if (fault || document === undefined || document.kind !== 'map') {
    const line = fault ? ` (line ${fault.position.line})` : ''
    throw new ConnectError('UNRESOLVED_REFERENCE', `its file has no keys that can be read${line}`, {
      hint: 'give the file key=value lines, or JSON or YAML with a map and a matching name'
    })
  }
  const entries = flatten(document).entries
  return new Map([...entries].map(([key, entry]) => [key, entry.value]))
}

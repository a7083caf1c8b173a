import type { RawConfig } from '../api/config.ts'
import type { ConfigProblem } from './parse-config.ts'

type SinkProblem = Omit<ConfigProblem, 'kind'>

/** What a sink is to read, and where its dead letters go. */
export interface SinkTopics {
  /** Names as given; an empty one is a comma too many. */
  readonly topics: readonly string[]
  readonly regex: string
  readonly deadLetters: string
  /** The key by which the sink reads its own dead letters, which must not be. */
  readonly readsDeadLettersBy: 'topics' | 'topics.regex' | null
}

export function sinkTopics(raw: RawConfig): SinkTopics {
  const given = (raw['topics'] ?? '').trim()
  const topics = given === '' ? [] : given.split(',').map((name) => name.trim())
  const regex = (raw['topics.regex'] ?? '').trim()
  const deadLetters = (raw['errors.deadletterqueue.topic.name'] ?? '').trim()
  const named = deadLetters !== '' && topics.includes(deadLetters)
  const matched = deadLetters !== '' && regex !== '' && matches(regex, deadLetters)
  const readsDeadLettersBy = named ? 'topics' : matched ? 'topics.regex' : null
  return { topics, regex, deadLetters, readsDeadLettersBy }
}

/** What Kafka Connect demands of a sink's topics: one way to name them, and none that feeds itself. */
export function sinkProblems(raw: RawConfig): readonly SinkProblem[] {
  const { topics, regex, deadLetters, readsDeadLettersBy } = sinkTopics(raw)
  const problems: SinkProblem[] = []
  if (topics.length === 0 && regex === '') {
    problems.push({
      severity: 'error',
      key: 'topics',
      message: 'a sink needs topics or topics.regex: the topics to read',
      suggestion: 'add topics: [one, two], or topics.regex: a regular expression of their names'
    })
  } else if (topics.length > 0 && regex !== '') {
    problems.push({
      severity: 'error',
      key: 'topics.regex',
      message: 'topics and topics.regex are both given, and only one can be',
      suggestion: 'remove one of them'
    })
  }
  const twice = topics.find((topic, at) => topics.indexOf(topic) !== at)
  if (twice !== undefined || topics.includes('')) {
    problems.push({
      severity: 'error',
      key: 'topics',
      message: twice ? `topics names '${twice}' twice` : 'topics has an empty name',
      suggestion: `write topics: ${[...new Set(topics)].filter(Boolean).join(',')}`
    })
  }
  if (readsDeadLettersBy !== null) {
    problems.push({
      severity: 'error',
      key: 'errors.deadletterqueue.topic.name',
      message: `errors.deadletterqueue.topic.name is '${deadLetters}', which the sink reads too`,
      suggestion: 'name a topic that the sink does not read'
    })
  }
  if (deadLetters !== '' && (raw['errors.tolerance'] ?? 'none').trim().toLowerCase() === 'none') {
    problems.push({
      severity: 'warning',
      key: 'errors.deadletterqueue.topic.name',
      message: 'errors.deadletterqueue.topic.name has no effect: errors.tolerance is none',
      suggestion: 'add errors.tolerance: all'
    })
  }
  return problems
}

function matches(regex: string, topic: string): boolean {
  try {
    return new RegExp(`^(?:${regex})$`).test(topic)
  } catch {
    return false
  }
}

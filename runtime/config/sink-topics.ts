import type { RawConfig } from '../api/config.ts'
import type { ConfigProblem } from './parse-config.ts'

type SinkProblem = Omit<ConfigProblem, 'kind'>

/** What Kafka Connect demands of a sink's topics: one way to name them, and none that feeds itself. */
export function sinkProblems(raw: RawConfig): readonly SinkProblem[] {
  const topics = (raw['topics'] ?? '').trim()
  const regex = (raw['topics.regex'] ?? '').trim()
  const problems: SinkProblem[] = []
  if (topics === '' && regex === '') {
    problems.push({
      severity: 'error',
      key: 'topics',
      message: 'a sink needs topics or topics.regex: the topics to read',
      suggestion: 'add topics: [one, two], or topics.regex: a regular expression of their names'
    })
  } else if (topics !== '' && regex !== '') {
    problems.push({
      severity: 'error',
      key: 'topics.regex',
      message: 'topics and topics.regex are both given, and only one can be',
      suggestion: 'remove one of them'
    })
  }
  const deadLetters = (raw['errors.deadletterqueue.topic.name'] ?? '').trim()
  if (deadLetters !== '' && reads(topics, regex, deadLetters)) {
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

function reads(topics: string, regex: string, topic: string): boolean {
  if (topics !== '') return topics.split(',').some((name) => name.trim() === topic)
  try {
    return new RegExp(`^(?:${regex})$`).test(topic)
  } catch {
    return false
  }
}

import { string } from '../api/config.ts'
import { definePredicate } from '../api/connector.ts'
import { javaRegexProblem, regexProblem } from '../api/regex.ts'

/** True for records of topics whose whole name the expression matches. */
export default definePredicate({
  summary: 'Chooses records by the name of their topic.',
  classNames: ['org.apache.kafka.connect.transforms.predicates.TopicNameMatches'],
  config: {
    pattern: string({
      doc: 'Regular expression that matches the whole name of the topic.',
      validator: (pattern) => (pattern === '' ? 'must not be empty' : regexProblem(pattern)),
      listing: {
        refusal: (pattern) =>
          pattern === ''
            ? 'String must be non-empty'
            : `Invalid regex: ${javaRegexProblem(pattern)}`
      }
    })
  },
  create({ pattern }) {
    const whole = new RegExp(`^(?:${pattern})$`)
    return { test: (record) => whole.test(record.topic) }
  }
})

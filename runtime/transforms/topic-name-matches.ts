import { string } from '../api/config.ts'
import { definePredicate } from '../api/connector.ts'

/** True for records of topics whose whole name the expression matches. */
export default definePredicate({
  summary: 'Chooses records by the name of their topic.',
  classNames: ['org.apache.kafka.connect.transforms.predicates.TopicNameMatches'],
  config: {
    pattern: string({
      doc: 'Regular expression that matches the whole name of the topic.',
      validator: (pattern) => {
        try {
          new RegExp(pattern)
          return undefined
        } catch (error) {
          return `must be a regular expression: ${error instanceof Error ? error.message : error}`
        }
      }
    })
  },
  create({ pattern }) {
    const whole = new RegExp(`^(?:${pattern})$`)
    return { test: (record) => whole.test(record.topic) }
  }
})

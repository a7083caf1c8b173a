import { string } from '../api/config.ts'
import { defineTransform } from '../api/connector.ts'
import { javaRegexProblem, regexProblem } from '../api/regex.ts'
import { renamer } from './whole-match.ts'

/** Changes the topic of records whose topic the expression matches as a whole. */
export default defineTransform({
  summary: 'Sends records to another topic, by a regular expression on the name of their topic.',
  classNames: ['org.apache.kafka.connect.transforms.RegexRouter'],
  config: {
    regex: string({
      doc: 'Matches the whole name of the topic.',
      importance: 'HIGH',
      validator: regexProblem,
      listing: { refusal: (pattern) => `Invalid regex: ${javaRegexProblem(pattern)}` }
    }),
    replacement: string({
      doc: 'The new name; $1 or ${name} stand for groups of the expression.',
      importance: 'HIGH'
    })
  },
  create({ regex: pattern, replacement }) {
    const rename = renamer(pattern, replacement)
    // Few topics, many records: each name is worked out once.
    const routes = new Map<string, string>()
    return {
      apply(record) {
        let topic = routes.get(record.topic)
        if (topic === undefined) {
          topic = rename(record.topic) ?? record.topic
          routes.set(record.topic, topic)
        }
        return topic === record.topic ? record : { ...record, topic }
      }
    }
  }
})

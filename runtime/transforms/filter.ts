import { defineTransform } from '../api/connector.ts'

/** Drops every record that it sees: it is used with a predicate. */
export default defineTransform({
  summary: 'Drops the records that its predicate chooses.',
  classNames: ['org.apache.kafka.connect.transforms.Filter'],
  config: {},
  create: () => ({ apply: () => null })
})

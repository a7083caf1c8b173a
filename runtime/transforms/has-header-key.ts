import { string } from '../api/config.ts'
import { definePredicate } from '../api/connector.ts'

/** True for records with at least one header of the name. */
export default definePredicate({
  summary: 'Chooses records that have a header of a name.',
  classNames: ['org.apache.kafka.connect.transforms.predicates.HasHeaderKey'],
  config: {
    name: string({
      doc: 'Name of the header.',
      validator: (name) => (name.trim() === '' ? 'must not be empty' : undefined),
      listing: { refusal: () => 'String must be non-empty' }
    })
  },
  create: ({ name }) => ({ test: (record) => record.headers.some(({ key }) => key === name) })
})

import { definePredicate } from '../api/connector.ts'

/** True for records without a value. */
export default definePredicate({
  summary: 'Chooses tombstones: records whose value is null.',
  classNames: ['org.apache.kafka.connect.transforms.predicates.RecordIsTombstone'],
  config: {},
  create: () => ({ test: (record) => record.value === null || record.value === undefined })
})

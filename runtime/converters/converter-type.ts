import { oneOf } from '../api/config.ts'

/** The key that Kafka Connect's converters have in common (`ConverterConfig`). */
export const converterType = {
  'converter.type': oneOf(['key', 'value', 'header'], {
    doc: 'What the converter is used for. The worker sets it.',
    default: 'value',
    importance: 'LOW',
    exact: true,
    listing: { required: true, default: null }
  })
} as const

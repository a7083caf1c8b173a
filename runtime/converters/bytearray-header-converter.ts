import converter from './bytearray-converter.ts'
import { converterAsHeader } from './converter-as-header.ts'

export default converterAsHeader(
  converter,
  'Headers whose values are bytes, passed through as they are.'
)

import { converterAsHeader } from './converter-as-header.ts'
import converter from './string-converter.ts'

export default converterAsHeader(converter, 'Headers as plain text, read back as text.')

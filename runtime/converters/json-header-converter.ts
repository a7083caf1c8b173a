import { converterAsHeader } from './converter-as-header.ts'
import converter from './json-converter.ts'

export default converterAsHeader(converter, 'Headers as JSON, with or without schemas.')

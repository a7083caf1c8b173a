import type { SchemaAndValue } from '../api/converter.ts'

export interface JsonReaderOptions {
  readonly schemasEnable: boolean
  readonly replaceNullWithDefault: boolean
  readonly schemaCacheSize: number
  readonly schemaContent: string | null
}

/** Reads JSON text into values. */
export class JsonReader {
  readonly options: JsonReaderOptions

  constructor(options: JsonReaderOptions) {
    this.options = options
  }

  read(_topic: string, bytes: Uint8Array | null): SchemaAndValue {
    return {
      schema: null,
      value: bytes === null ? null : JSON.parse(Buffer.from(bytes).toString())
    }
  }
}

/** Version of the connector: `source.version` in its events. */
export const VERSION = '0.1.0'

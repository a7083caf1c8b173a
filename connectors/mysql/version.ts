/** Version of the connectors: `source.version` in their events. */
export const VERSION = '0.1.0'

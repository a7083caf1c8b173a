/** Version of the transforms that stand for Debezium's. */
export const VERSION = '0.1.0'

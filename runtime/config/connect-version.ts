/**
 * The version of Kafka Connect whose REST API, keys and plugins these are: that of `GET /`, on which
 * clients decide what they may ask for, and that of every plugin under a class name of Kafka.
 */
export const KAFKA_CONNECT_VERSION = '4.3.0'

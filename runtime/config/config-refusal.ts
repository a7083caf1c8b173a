import { ConnectError, type ConnectErrorOptions } from '../api/errors.ts'

/**
 * A request about a configuration that is refused. Status and text are those of Kafka Connect's REST
 * API, for the answer as they are; the text holds no secret.
 */
export class ConfigRefusal extends ConnectError {
  readonly status: 400 | 403 | 404

  constructor(status: 400 | 403 | 404, message: string, options: ConnectErrorOptions = {}) {
    super('CONFIG_REFUSED', message, options)
    this.name = 'ConfigRefusal'
    this.status = status
  }
}

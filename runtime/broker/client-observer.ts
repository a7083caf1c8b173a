/** Hears what a client of a broker does over the network. Called for every request: be quick. */
export interface ClientObserver {
  connected(): void
  /** A connection that was made has ended. */
  closed(): void
  /** @param accepted whether the broker took the credentials of a connection */
  authenticated(accepted: boolean): void
  /**
   * @param node `host:port`
   * @param bytes of the whole request
   */
  sent(node: string, bytes: number): void
  /**
   * @param bytes of the whole response
   * @param ms since its request was sent
   */
  received(node: string, bytes: number, ms: number): void
}

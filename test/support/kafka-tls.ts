import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

/** Key material of a test broker, all in one folder; every store has the same password. */
export interface KafkaTls {
  readonly password: string
  /** The broker's own key, PKCS12. */
  readonly keystore: string
  /** What the broker trusts: the client's certificate. PKCS12. */
  readonly truststore: string
  /** The broker's certificate: what a client trusts. PEM. */
  readonly ca: string
  /** The broker's certificate for Java clients. PKCS12. */
  readonly clientTruststore: string
  /** A key and certificate that the broker accepts from a client. PKCS12. */
  readonly clientKeystore: string
}

/** Makes self-signed certificates for localhost and 127.0.0.1 with Java's keytool. */
export function createKafkaTls(folder: string): KafkaTls {
  const password = 'millrace-store'
  const at = (name: string) => join(folder, name)
  const keytool = (store: string, ...args: string[]) =>
    execFileSync(
      'keytool',
      [
        ...args,
        '-keystore',
        at(store),
        '-storetype',
        'PKCS12',
        '-storepass',
        password,
        '-noprompt'
      ],
      { stdio: 'pipe' }
    )
  for (const name of ['broker', 'client']) {
    const key = ['-alias', name, '-dname', `CN=${name}`, '-keyalg', 'EC', '-validity', '3650']
    const names = ['-ext', 'san=dns:localhost,ip:127.0.0.1']
    keytool(`${name}.p12`, '-genkeypair', ...key, ...names)
    keytool(`${name}.p12`, '-exportcert', '-rfc', '-alias', name, '-file', at(`${name}.pem`))
    keytool(`trusts-${name}.p12`, '-importcert', '-alias', name, '-file', at(`${name}.pem`))
  }
  return {
    password,
    keystore: at('broker.p12'),
    truststore: at('trusts-client.p12'),
    ca: at('broker.pem'),
    clientTruststore: at('trusts-broker.p12'),
    clientKeystore: at('client.p12')
  }
}

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Files of one self-signed certificate, made with openssl. The PKCS12 files have the password. */
export interface TestCertificate {
  readonly password: string
  /** PEM. */
  readonly key: string
  /** PEM. */
  readonly certificate: string
  /** Key and certificate, PKCS12. */
  readonly keystore: string
  /** The certificate alone, PKCS12, as Java's trust stores are. */
  readonly truststore: string
}

/** @param name the common name; the certificate is good for localhost and 127.0.0.1 */
export function createCertificate(folder: string, name: string): TestCertificate {
  const password = 'store-password'
  const at = (ending: string) => join(folder, `${name}${ending}`)
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'pipe' })
  const [key, certificate] = [at('-key.pem'), at('-cert.pem')]
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const names = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
  openssl('req', '-x509', ...curve, '-days', '30', ...names, '-keyout', key, '-out', certificate)
  const pkcs12 = (out: string, ...args: string[]) =>
    openssl('pkcs12', '-export', ...args, '-out', out, '-passout', `pass:${password}`)
  const [keystore, truststore] = [at('.p12'), at('-trust.p12')]
  pkcs12(keystore, '-in', certificate, '-inkey', key)
  pkcs12(truststore, '-in', certificate, '-nokeys')
  return { password, key, certificate, keystore, truststore }
}

export const textOf = (file: string): string => readFileSync(file, 'utf8')

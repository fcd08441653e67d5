import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'

const node = (tag: number, ...parts: readonly Buffer[]): Buffer => {
  const body = Buffer.concat(parts)
  const size = body.length < 128 ? [body.length] : body.length < 256 ? [0x81, body.length] : [0x82, body.length >> 8, body.length & 255]
  return Buffer.concat([Buffer.from([tag, ...size]), body])
}
const sequence = (...parts: readonly Buffer[]): Buffer => node(0x30, ...parts)
const id = (hex: string): Buffer => node(0x06, Buffer.from(hex, 'hex'))
const time = (at: Date): Buffer => node(0x18, Buffer.from(`${at.toISOString().replaceAll(/[-:T]|\..*/g, '')}Z`))

/** A certificate for tests (X.509 v3, P-256), signed by its own key, for `localhost`; with its key, both in PEM form. */
export function makeCertificate(from: Date, to: Date): { cert: string; key: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const ecdsaWithSha256 = sequence(id('2a8648ce3d040302'))
  const name = sequence(node(0x31, sequence(id('550403'), node(0x0c, Buffer.from('localhost')))))
  const altNames = sequence(id('551d11'), node(0x04, sequence(node(0x82, Buffer.from('localhost')))))
  const authority = sequence(id('551d13'), node(0x01, Buffer.from([0xff])), node(0x04, sequence(node(0x01, Buffer.from([0xff])))))
  const body = sequence(
    node(0xa0, node(0x02, Buffer.from([2]))),
    node(0x02, Buffer.from([1]), randomBytes(8)),
    ecdsaWithSha256,
    name,
    sequence(time(from), time(to)),
    name,
    publicKey.export({ format: 'der', type: 'spki' }),
    node(0xa3, sequence(authority, altNames)),
  )
  const signed = sequence(body, ecdsaWithSha256, node(0x03, Buffer.from([0]), sign('sha256', body, privateKey)))
  const text = signed.toString('base64').replaceAll(/.{1,64}/g, '$&\n')
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${text}-----END CERTIFICATE-----\n`,
    key: String(privateKey.export({ format: 'pem', type: 'pkcs8' })),
  }
}

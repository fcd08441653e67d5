import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:https'
import { connect as connectPlain } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { connect, type ConnectionOptions } from 'node:tls'
import { readConfig } from '../../src/config.ts'
import { readTls } from '../../src/platform/http/tls.ts'
import { root, startApp, type TestApp } from '../support/app.ts'
import { makeCertificate } from '../support/certificate.ts'
import { sendRaw } from '../support/client.ts'

const year = 365 * 86_400_000
const pair = (years: number): { cert: string; key: string } =>
  makeCertificate(new Date(Date.now() - year), new Date(Date.now() + years * year))

describe('a deployment that speaks TLS itself', () => {
  let test: TestApp
  let dir: string
  const logged: string[] = []
  const first = pair(1)
  const place = (made: { cert: string; key: string }): Promise<unknown> =>
    Promise.all([writeFile(join(dir, 'cert.pem'), made.cert), writeFile(join(dir, 'key.pem'), made.key)])

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'stoa-tls-'))
    await place(first)
    const logTo = { write: (line: string) => void logged.push(line) }
    const env = { TLS_CERT: join(dir, 'cert.pem'), TLS_KEY: join(dir, 'key.pem'), LOG_LEVEL: 'info' }
    test = await startApp({ listen: true, accounts: true, env, overrides: { tlsEveryMs: 50, logTo } })
  })
  after(async () => {
    await test.close()
    await rm(dir, { recursive: true })
  })

  const port = (): number => Number(new URL(test.url).port)
  const shake = (options: ConnectionOptions): Promise<{ protocol: string | null; validTo: string }> =>
    new Promise((done, fail) => {
      const socket = connect({ host: '127.0.0.1', servername: 'localhost', port: port(), ...options }, () => {
        done({ protocol: socket.getProtocol(), validTo: socket.getPeerCertificate().valid_to })
        socket.destroy()
      })
      socket.on('error', fail)
    })
  const ask = (path: string, ca: string, method = 'GET'): Promise<{ status: number; headers: Record<string, unknown> }> =>
    new Promise((done, fail) => {
      const sent = request({ host: 'localhost', port: port(), path, method, ca, agent: false }, (reply) => {
        reply.resume()
        reply.on('end', () => done({ status: reply.statusCode ?? 0, headers: reply.headers }))
      })
      sent.on('error', fail)
      sent.end()
    })

  it('answers over https, with HSTS and Secure cookies, under its https origin', async () => {
    assert.equal(test.app.config.publicOrigin, `https://localhost:${port()}`)
    const { status, headers } = await ask('/?lang=es', first.cert)
    assert.equal(status, 200)
    assert.match(String(headers['strict-transport-security']), /max-age=\d{8}/)
    assert.match(String(headers['set-cookie']), /^__Host-stoa_lang=es;.*; Secure/)
    const started = await ask('/services/library_card/start', first.cert, 'POST')
    assert.match(String(started.headers['set-cookie']), /; HttpOnly; SameSite=Lax; Secure/)
  })

  it('speaks TLS 1.2 and 1.3, and nothing older', async () => {
    assert.equal((await shake({ ca: first.cert })).protocol, 'TLSv1.3')
    assert.equal((await shake({ ca: first.cert, maxVersion: 'TLSv1.2' })).protocol, 'TLSv1.2')
    const old = { ca: first.cert, minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const
    await assert.rejects(shake(old), /alert|version|ECONNRESET|EPROTO/i)
  })

  it('takes only suites with forward secrecy and authenticated encryption', async () => {
    const only = (ciphers: string): ReturnType<typeof shake> => shake({ ca: first.cert, maxVersion: 'TLSv1.2', ciphers })
    const good = ['ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES256-GCM-SHA384', 'ECDHE-RSA-CHACHA20-POLY1305:ECDHE-ECDSA-CHACHA20-POLY1305']
    for (const suite of good) assert.equal((await only(suite)).protocol, 'TLSv1.2', suite)
    const weak = [
      'AES256-GCM-SHA384',
      'AES128-SHA',
      'ECDHE-RSA-AES128-SHA256:ECDHE-ECDSA-AES128-SHA256',
      'ECDHE-RSA-AES256-SHA:ECDHE-ECDSA-AES256-SHA',
    ]
    for (const suite of weak) await assert.rejects(only(suite), /alert|handshake|ECONNRESET|EPROTO/i, suite)
  })

  it('tells who speaks plain HTTP where https is, at once, and hangs up on noise', async () => {
    const begun = performance.now()
    const answer = await sendRaw(test.url, 'GET /my?secret=1 HTTP/1.1\r\nHost: evil.example\r\n\r\n')
    assert.match(answer, new RegExp(`^HTTP/1\\.1 303 .*\r\nlocation: https://localhost:${port()}/\r\n`))
    assert.ok(!answer.includes('evil.example') && !answer.includes('secret'))
    await sendRaw(test.url, Buffer.from([0x16, 3, 1, 0xff, 0xff, 1, 2, 3])).catch(() => '')
    assert.ok(performance.now() - begun < 4_000)
    await new Promise<void>((done) => {
      const socket = connectPlain(port(), '127.0.0.1', () => socket.end())
      socket.on('error', () => undefined)
      socket.on('close', () => done())
    })
    assert.equal((await ask('/', first.cert)).status, 200)
  })

  it('takes a new certificate without a restart, and keeps the old one when the new cannot be used', async () => {
    const until = async (what: () => boolean | Promise<boolean>): Promise<void> => {
      for (let tries = 0; !(await what()); tries += 1) {
        assert.ok(tries < 100, 'it did not come')
        await new Promise((done) => setTimeout(done, 50))
      }
    }
    const second = pair(3)
    await place(second)
    await until(async () => (await ask('/', second.cert).catch(() => null))?.status === 200)
    await assert.rejects(ask('/', first.cert))
    await writeFile(join(dir, 'cert.pem'), first.cert)
    await until(() => logged.some((line) => line.includes('is not the key of the certificate')))
    assert.equal((await ask('/', second.cert)).status, 200)
    assert.ok(!logged.some((line) => line.includes(second.key.slice(40, 60))))
  })

  it('refuses files that cannot be used, by name', async () => {
    const files = { cert: join(dir, 'cert.pem'), key: join(dir, 'key.pem') }
    await assert.rejects(readTls({ ...files, key: join(dir, 'none.pem') }), /TLS_KEY .*none\.pem cannot be read \(ENOENT\)/)
    await writeFile(join(dir, 'words.pem'), 'no certificate')
    await assert.rejects(readTls({ ...files, cert: join(dir, 'words.pem') }), /TLS_CERT .* is not in PEM form/)
    const env = { TLS_CERT: files.cert, TLS_KEY: files.key, PUBLIC_ORIGIN: 'http://city.example' }
    assert.throws(() => readConfig(env, root), /PUBLIC_ORIGIN: must begin with https/)
  })
})

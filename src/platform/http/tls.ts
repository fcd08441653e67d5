import { X509Certificate, createPrivateKey } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { RequestListener, Server as HttpServer } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { Socket } from 'node:net'
import type { Logger } from 'pino'

/** The files of a certificate with its chain and of its private key (PEM). */
export type TlsFiles = { readonly cert: string; readonly key: string }

/** A certificate and key that belong together, and until when the certificate is valid. */
export type TlsPair = { readonly cert: string; readonly key: string; readonly validTo: Date }

/** A file of TLS_CERT or TLS_KEY that cannot be used, in words that say what to do. */
export class TlsFault extends Error {}

const PEEK_MS = 10_000

/** Only suites with forward secrecy and authenticated encryption (RFC 9325, 4.2), in the server's order. */
const STRENGTH = {
  minVersion: 'TLSv1.2',
  honorCipherOrder: true,
  ciphers: [
    'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256', 'TLS_AES_128_GCM_SHA256', 'ECDHE-ECDSA-AES256-GCM-SHA384', 'ECDHE-RSA-AES256-GCM-SHA384',
    'ECDHE-ECDSA-CHACHA20-POLY1305', 'ECDHE-RSA-CHACHA20-POLY1305', 'ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES128-GCM-SHA256',
  ].join(':'), // prettier-ignore
} as const
const HANDSHAKE = 0x16

/** Reads the pair; throws TlsFault when a file cannot be read or the two do not belong together. Never shows the key. */
export async function readTls(files: TlsFiles): Promise<TlsPair> {
  const [cert, key] = await Promise.all([text('TLS_CERT', files.cert), text('TLS_KEY', files.key)])
  const certificate = parsed('TLS_CERT', files.cert, () => new X509Certificate(cert))
  const secret = parsed('TLS_KEY', files.key, () => createPrivateKey(key))
  if (!certificate.checkPrivateKey(secret)) throw new TlsFault(`TLS_KEY ${files.key} is not the key of the certificate ${files.cert}.`)
  return { cert, key, validTo: new Date(certificate.validTo) }
}

async function text(name: string, file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
    throw new TlsFault(`${name} ${file} cannot be read (${code}).`)
  }
}

function parsed<T>(name: string, file: string, read: () => T): T {
  try {
    return read()
  } catch {
    throw new TlsFault(`${name} ${file} is not in PEM form.`)
  }
}

/** What a server that speaks TLS is made of. */
export type TlsParts = { readonly pair: TlsPair; readonly publicOrigin: string; readonly requestTimeout: number; readonly idleTimeout: number; readonly keepAliveTimeout: number } // prettier-ignore

/** A server for TLS 1.2 and newer. Who speaks plain HTTP to it is told where https is, at once. */
export function tlsServer(parts: TlsParts, handler: RequestListener): HttpServer {
  const server = createServer({ ...STRENGTH, cert: parts.pair.cert, key: parts.pair.key, handshakeTimeout: PEEK_MS }, handler)
  server.requestTimeout = parts.requestTimeout
  server.keepAliveTimeout = parts.keepAliveTimeout
  server.setTimeout(parts.idleTimeout)
  answerPlain(server, parts.publicOrigin)
  return server
}

/** Looks at the first byte of a connection before TLS does: a handshake goes on, anything else gets one answer. */
function answerPlain(server: Server, publicOrigin: string): void {
  const secure = server.listeners('connection')
  server.removeAllListeners('connection')
  server.on('connection', (socket: Socket) => {
    const late = setTimeout(() => socket.destroy(), PEEK_MS)
    const gone = (): void => void socket.destroy()
    socket.on('error', gone)
    socket.once('close', () => clearTimeout(late))
    socket.once('readable', () => {
      clearTimeout(late)
      const bytes: Buffer | null = socket.read()
      if (bytes === null) return socket.destroy()
      socket.off('error', gone)
      if (bytes[0] !== HANDSHAKE) return hint(socket, publicOrigin)
      socket.unshift(bytes)
      for (const listener of secure) listener.call(server, socket)
    })
  })
}

function hint(socket: Socket, publicOrigin: string): void {
  const body = `This address speaks https only: ${publicOrigin}/\n`
  const lines = [
    'HTTP/1.1 303 See Other',
    `location: ${publicOrigin}/`,
    'content-type: text/plain; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    'x-content-type-options: nosniff',
    'cache-control: no-store',
    'connection: close',
  ]
  socket.on('error', () => undefined)
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy())
}

/**
 * Gives the server a new certificate when the files have changed, without a restart; looks every `everyMs`. Files that
 * cannot be used are said in the log, and the server goes on with what it has.
 */
export function watchTls(server: HttpServer, files: TlsFiles, first: TlsPair, log: Logger, everyMs = 60_000): { stop(): void } {
  let known = `${first.cert}${first.key}`
  const look = async (): Promise<void> => {
    const pair = await readTls(files)
    if (`${pair.cert}${pair.key}` === known) return
    if ('setSecureContext' in server && typeof server.setSecureContext === 'function') {
      server.setSecureContext({ ...STRENGTH, cert: pair.cert, key: pair.key })
      known = `${pair.cert}${pair.key}`
      log.info({ validTo: pair.validTo.toISOString() }, 'the TLS certificate was changed')
    }
  }
  const timer = setInterval(() => {
    look().catch((error: unknown) => log.error(error instanceof TlsFault ? error.message : 'the TLS certificate cannot be looked at'))
  }, everyMs)
  timer.unref()
  return { stop: () => clearInterval(timer) }
}

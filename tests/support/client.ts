import { Agent, type IncomingHttpHeaders, request } from 'node:http'
import { connect } from 'node:net'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'

/** What came back, and how long it took. `headers` of a cut connection are empty and its status is 0. */
export type Answer = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: string; readonly ms: number }

/** What is asked; `path` goes out as it is. */
export type Ask = {
  readonly method?: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string | string[]>>
  readonly body?: string | Buffer
  /** Reads only the head of the answer, for streams that do not end. */
  readonly headOnly?: boolean
  /** How long an answer may take, in milliseconds; five seconds when it is left out. */
  readonly patience?: number
}

/** Sends one request over HTTP; fails when there is no answer in time. */
export function send(url: string, ask: Ask, agent?: Agent): Promise<Answer> {
  const begun = performance.now()
  const { hostname, port } = new URL(url)
  return new Promise((done, fail) => {
    const method = ask.method ?? 'GET'
    const headers = { ...ask.headers, ...(ask.body === undefined ? {} : { 'content-length': String(Buffer.byteLength(ask.body)) }) }
    const sent = request({ hostname, port, method, path: ask.path, headers, agent, timeout: ask.patience ?? 5_000 }, (reply) => {
      const parts: Buffer[] = []
      const end = (): void => {
        const body = decoded(reply.headers['content-encoding'], Buffer.concat(parts)).toString('utf8')
        done({ status: reply.statusCode ?? 0, headers: reply.headers, body, ms: performance.now() - begun })
      }
      if (ask.headOnly || String(reply.headers['content-type']).startsWith('text/event-stream')) {
        end()
        reply.destroy()
        return
      }
      reply.on('data', (part: Buffer) => parts.push(part))
      reply.on('end', end)
      reply.on('error', fail)
    })
    sent.on('timeout', () => sent.destroy(new Error(`no answer in time: ${method} ${ask.path.slice(0, 200)}`)))
    // a server may answer and hang up before it has read everything
    sent.on('error', fail)
    sent.end(ask.body)
  })
}

function decoded(encoding: string | undefined, bytes: Buffer): Buffer {
  if (bytes.length === 0) return bytes
  return encoding === 'gzip' ? gunzipSync(bytes) : encoding === 'br' ? brotliDecompressSync(bytes) : bytes
}

/** Agent that keeps connections, for many requests in a row. */
export function keptConnections(): Agent {
  return new Agent({ keepAlive: true, maxSockets: 8 })
}

/** Writes bytes to the server as they are; gives what it answers until it hangs up, or within five seconds. */
export function sendRaw(url: string, bytes: string | Buffer): Promise<string> {
  const { port } = new URL(url)
  return new Promise((done, fail) => {
    const parts: Buffer[] = []
    const socket = connect(Number(port), '127.0.0.1', () => socket.write(bytes))
    socket.setTimeout(5_000, () => socket.destroy(new Error('no answer within 5 s')))
    socket.on('data', (part) => parts.push(part))
    socket.on('error', (error) => (parts.length > 0 ? done(Buffer.concat(parts).toString('latin1')) : fail(error)))
    socket.on('close', () => done(Buffer.concat(parts).toString('latin1')))
  })
}

/** A form's body, one pair for each value. */
export function formBody(fields: Readonly<Record<string, string>>): string {
  return new URLSearchParams(fields).toString()
}

/** The cookies that an answer sets, as `name=value` pairs. */
export function cookiesOf(answer: Answer): string[] {
  return (answer.headers['set-cookie'] ?? []).map((line) => line.split(';')[0] ?? '')
}

import { connect, type Socket } from 'node:net'

/** A request as it is sent, byte for byte. */
export type Sent = {
  readonly method: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** An answer: the status, the head as text and the body's bytes as they came. */
export type Answer = { readonly status: number; readonly head: string; readonly body: Buffer }

/** What a load did: requests per second and latencies in milliseconds, both without the warm-up. */
export type Load = { readonly perSecond: number; readonly latencies: readonly number[] }

/**
 * One keep-alive connection that sends a request and waits for the whole answer. It understands answers with
 * Content-Length only and spends far less time than a full HTTP client, so that it does not limit what it measures.
 */
export class Connection {
  readonly #socket: Socket
  #received: Buffer[] = []
  #length = 0
  #expected = 0
  #headEnd = -1
  #done: ((answer: Answer) => void) | null = null
  #failed: ((error: Error) => void) | null = null

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (chunk: Buffer) => this.#take(chunk))
    socket.on('error', (error) => this.#failed?.(error))
    socket.on('close', () => this.#failed?.(new Error('the server closed the connection')))
  }

  static open(port: number): Promise<Connection> {
    return new Promise((done, fail) => {
      const socket = connect({ host: '127.0.0.1', port, noDelay: true }, () => done(new Connection(socket)))
      socket.once('error', fail)
    })
  }

  send(bytes: string): Promise<Answer> {
    return new Promise((done, fail) => {
      this.#done = done
      this.#failed = fail
      this.#socket.write(bytes)
    })
  }

  close(): void {
    this.#failed = null
    this.#socket.destroy()
  }

  #take(chunk: Buffer): void {
    this.#received.push(chunk)
    this.#length += chunk.length
    if (this.#headEnd < 0 && !this.#readHead()) return
    if (this.#length < this.#expected) return
    const all = this.#received.length === 1 ? chunk : Buffer.concat(this.#received)
    const head = all.toString('latin1', 0, this.#headEnd)
    const done = this.#done
    this.#received = []
    this.#length = 0
    const body = all.subarray(this.#headEnd + 4)
    this.#headEnd = -1
    done?.({ status: Number(head.slice(9, 12)), head, body })
  }

  #readHead(): boolean {
    const all = this.#received.length === 1 ? this.#received[0] : Buffer.concat(this.#received)
    if (!all) return false
    const end = all.indexOf('\r\n\r\n')
    if (end < 0) return false
    this.#headEnd = end
    const length = /\r\ncontent-length: *(\d+)/i.exec(all.toString('latin1', 0, end))
    this.#expected = end + 4 + Number(length?.[1] ?? 0)
    return true
  }
}

/** The bytes of a request. */
export function bytesOf(sent: Sent): string {
  const body = sent.body ?? ''
  const headers = {
    host: 'localhost',
    ...sent.headers,
    ...(sent.method === 'GET' ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return `${sent.method} ${sent.path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`
}

/** Sends one request on a connection of its own. */
export async function once(port: number, sent: Sent): Promise<Answer> {
  const connection = await Connection.open(port)
  try {
    return await connection.send(bytesOf(sent))
  } finally {
    connection.close()
  }
}

/** Sends requests with as many clients at once, each on its own connection, until `next` gives none. Throws when an answer has another status. */
export async function drive(
  port: number,
  clients: number,
  status: number,
  next: () => string | null,
): Promise<Array<{ at: number; took: number }>> {
  const samples: Array<{ at: number; took: number }> = []
  await Promise.all(
    Array.from({ length: clients }, async () => {
      const connection = await Connection.open(port)
      for (let bytes = next(); bytes !== null; bytes = next()) {
        const begun = performance.now()
        const answer = await connection.send(bytes)
        if (answer.status !== status)
          throw new Error(`status ${answer.status} where ${status} was expected: ${answer.body.toString().slice(0, 300)}`)
        const at = performance.now()
        samples.push({ at, took: at - begun })
      }
      connection.close()
    }),
  )
  return samples
}

/** Rate and latencies of samples without the first fifth of the time, which is warm-up. */
export function trimmed(samples: ReadonlyArray<{ at: number; took: number }>, begun: number): Load {
  const end = samples.reduce((latest, each) => Math.max(latest, each.at), begun)
  const from = begun + (end - begun) * 0.2
  const kept = samples.filter((each) => each.at > from)
  return { perSecond: (kept.length * 1000) / Math.max(1, end - from), latencies: kept.map((each) => each.took) }
}

/** Asks for the same thing for a while. */
export async function loadFor(port: number, clients: number, seconds: number, sent: Sent): Promise<Load> {
  const bytes = bytesOf(sent)
  const begun = performance.now()
  const until = begun + seconds * 1000
  return trimmed(await drive(port, clients, 200, () => (performance.now() < until ? bytes : null)), begun)
}

import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request as it came. */
export type Seen = {
  readonly call: string
  readonly query: Readonly<Record<string, string>>
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** What is answered: JSON, or a text as it is; `drop` breaks the connection off, `hang` never answers. */
export type Reply = {
  readonly status?: number
  readonly json?: unknown
  readonly text?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly fate?: 'drop' | 'hang' | 'half'
}

/** Answers by call, such as `GET /v1/payments/x`; several are given one after the other, the last one again and again. */
export type Script = Readonly<Record<string, Reply | readonly Reply[]>>

/** A server that answers by a script and keeps what it was asked. */
export type Replay = {
  readonly url: string
  readonly seen: Seen[]
  /** Calls that the script does not know. */
  readonly strays: string[]
  play(script: Script | ((call: string) => Reply)): void
  close(): Promise<void>
}

/** Starts a server on a free loopback port. */
export async function startReplay(): Promise<Replay> {
  const seen: Seen[] = []
  const strays: string[] = []
  let answer: (call: string) => Reply | null = () => null
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const at = new URL(request.url ?? '/', 'http://replay.test')
      const call = `${request.method} ${at.pathname}`
      seen.push({ call, query: Object.fromEntries(at.searchParams), headers: request.headers, body: Buffer.concat(parts).toString('utf8') })
      const reply = answer(call)
      if (reply === null) strays.push(call)
      const { status = 200, json, text, headers = {}, fate } = reply ?? { status: 599, text: 'no such line in the script' }
      if (fate === 'hang') return
      if (fate === 'drop') return void request.socket.destroy()
      const body = text ?? (json === undefined ? '' : JSON.stringify(json))
      response.writeHead(status, {
        'content-type': 'application/json',
        ...headers,
        ...(fate === 'half' ? { 'content-length': '9999' } : {}),
      })
      if (fate === 'half') response.write(body, () => request.socket.destroy())
      else response.end(body)
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    strays,
    play: (script) => {
      seen.length = 0
      strays.length = 0
      answer = typeof script === 'function' ? script : inOrder(script)
    },
    close: async () => {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}

function inOrder(script: Script): (call: string) => Reply | null {
  const turns = new Map<string, number>()
  return (call) => {
    const lines = Object.hasOwn(script, call) ? script[call] : undefined
    if (lines === undefined) return null
    const list: readonly Reply[] = Array.isArray(lines) ? lines : [lines]
    const turn = turns.get(call) ?? 0
    turns.set(call, turn + 1)
    return list[Math.min(turn, list.length - 1)] ?? null
  }
}

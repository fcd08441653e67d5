import type { FastifyReply } from 'fastify'
import { securityHeaders } from '../../platform/http/security.ts'

/** How a stream of events is subscribed to; returns what ends it. */
export type Listen = (stream: string, onMove: () => void) => () => void

/** Answers a request with a stream that says when something has moved, and nothing else. */
export type LiveStream = (reply: FastifyReply, stream: string) => FastifyReply

const HEARTBEAT_MS = 20_000
/** More readers than this see their pages without live news. */
const MOST_OPEN = 2_000

/** Makes live streams (WHATWG server-sent events) over one subscription function; counts how many are open. */
export function liveStreams(listen: Listen, https: boolean): LiveStream {
  let open = 0
  return (reply, stream) => {
    // 204 tells an EventSource not to come back
    if (open >= MOST_OPEN) return reply.code(204).send()
    // the answer to HEAD has no body, so no stream either: left open it would block the connection
    if (reply.request.method === 'HEAD') return reply.type('text/event-stream; charset=utf-8').send()
    const { raw } = reply
    // whoever has gone while we looked who they are closes nothing any more
    if (raw.destroyed || raw.socket?.destroyed !== false) return reply.hijack()
    open += 1
    reply.hijack()
    raw.writeHead(200, {
      ...securityHeaders(https),
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    })
    raw.write('retry: 5000\n\n')
    const stop = listen(stream, () => raw.write('data: moved\n\n'))
    const heartbeat = setInterval(() => raw.write(': still here\n\n'), HEARTBEAT_MS)
    raw.on('error', () => raw.destroy())
    raw.on('close', () => {
      clearInterval(heartbeat)
      stop()
      open -= 1
    })
    return reply
  }
}

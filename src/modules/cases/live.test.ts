import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, it } from 'node:test'
import Fastify from 'fastify'
import { liveStreams } from './live.ts'

describe('liveStreams', () => {
  it('opens nothing for a reader who has gone before it begins, and ends what it opened for one who goes later', async () => {
    let listening = 0
    const ended = Promise.withResolvers<void>()
    const stream = liveStreams(() => {
      listening += 1
      return () => {
        listening -= 1
        ended.resolve()
      }
    }, false)
    const app = Fastify()
    const gone = Promise.withResolvers<void>()
    app.addHook('preHandler', async (request) => {
      if (request.url === '/early') await once(request.raw.socket, 'close')
    })
    app.get('/early', (_request, reply) => {
      const answer = stream(reply, 'case')
      gone.resolve()
      return answer
    })
    app.get('/late', (_request, reply) => stream(reply, 'case'))
    await app.listen({ port: 0, host: '127.0.0.1' })
    const address = app.server.address()
    assert.ok(typeof address === 'object' && address)
    const { port } = address
    const ask = async (path: string): Promise<ReturnType<typeof connect>> => {
      const socket = connect(port, '127.0.0.1')
      await once(socket, 'connect')
      socket.write(`GET ${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`)
      return socket
    }
    const reached = once(app.server, 'request')
    const early = await ask('/early')
    await reached
    early.destroy()
    await gone.promise
    assert.equal(listening, 0)
    const late = await ask('/late')
    await once(late, 'data')
    assert.equal(listening, 1)
    late.destroy()
    await ended.promise
    assert.equal(listening, 0)
    await app.close()
  })
})

import { SMTPServer } from 'smtp-server'

/** A mail server on loopback that keeps the message ids it was given. */
export type Mailbox = { readonly url: string; readonly ids: ReadonlySet<string>; close(): Promise<void> }

/** Starts a mailbox on a free port. */
export async function openMailbox(): Promise<Mailbox> {
  const ids = new Set<string>()
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    onData(stream, _session, done) {
      let text = ''
      stream.setEncoding('utf8')
      stream.on('data', (part: string) => (text += part))
      stream.on('end', () => {
        const id = /^message-id:\s*<([^@>]+)@/im.exec(text)?.[1]
        if (id !== undefined) ids.add(id)
        done()
      })
    },
  })
  server.on('error', () => undefined)
  await new Promise<void>((ready) => void server.listen(0, '127.0.0.1', ready))
  const address = server.server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  return { url: `smtp://127.0.0.1:${port}`, ids, close: () => new Promise((done) => server.close(() => done())) }
}

import type { Platform } from '../../platform/platform.ts'
import { keepMail } from './store.ts'

/** A real SMTP server on loopback that keeps what it is given in the demo's mailbox. */
export type Catcher = { readonly url: string; close(): Promise<void> }

/** Starts the catcher on a free loopback port. `platform` is asked for when the first mail comes. */
export async function startCatcher(platform: () => Platform): Promise<Catcher> {
  // loaded here: only the demo catches mail
  const [{ simpleParser }, { SMTPServer }] = await Promise.all([import('mailparser'), import('smtp-server')])
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    size: 2_000_000,
    onData(stream, _session, done) {
      simpleParser(stream)
        .then(async (mail) => {
          const to = Array.isArray(mail.to) ? mail.to : mail.to ? [mail.to] : []
          await keepMail(platform().db, {
            recipient: to.map((each) => each.text).join(', '),
            subject: mail.subject ?? '',
            body: mail.text ?? '',
            caught_at: platform().now(),
          })
          done()
        })
        .catch((error: unknown) => done(error instanceof Error ? error : new Error('the mail could not be kept')))
    },
  })
  await new Promise<void>((ready, fail) => {
    server.once('error', fail)
    server.listen(0, '127.0.0.1', ready)
  })
  server.on('error', () => undefined)
  const address = server.server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  return { url: `smtp://127.0.0.1:${port}`, close: () => new Promise((done) => server.close(() => done())) }
}

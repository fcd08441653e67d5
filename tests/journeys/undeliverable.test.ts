import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:net'
import { after, before, describe, it } from 'node:test'
import pg from 'pg'
import { MailRefused, smtpMailer } from '../../src/platform/mail.ts'
import { query } from '../../src/platform/db.ts'
import { eventsOf } from '../../src/platform/journal/journal.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { send } from '../support/client.ts'
import { freePort } from '../support/port.ts'
import { applyFor, sessionOf } from '../support/world.ts'

/** What a mail server answers to the recipients that it does not take. */
const refusals: Readonly<Record<string, string>> = {
  'gone@example.org': '550 5.1.1 No such mailbox',
  'plain@example.org': '553 never',
  'later@example.org': '450 4.2.1 Try again later',
  'policy@example.org': '550 5.7.1 Relaying denied',
}

/** A mail server (RFC 5321) that counts who is asked about. */
function mailServer(asked: string[]): Server {
  return createServer((socket) => {
    let inData = false
    socket.on('error', () => undefined)
    socket.write('220 test\r\n')
    socket.on('data', (chunk) => {
      for (const line of chunk.toString().split('\r\n').slice(0, -1)) {
        const to = /^RCPT TO:<([^>]*)>/i.exec(line)?.[1]
        if (inData && line !== '.') continue
        if (to !== undefined) asked.push(to)
        inData = line.toUpperCase() === 'DATA'
        if (line.toUpperCase() === 'QUIT') socket.end('221 bye\r\n')
        else socket.write(`${inData ? '354 go on' : (refusals[to ?? ''] ?? '250 fine')}\r\n`)
      }
    })
  })
}

describe('mail that is refused for good', () => {
  let test: TestApp
  const asked: string[] = []
  const server = mailServer(asked)
  let url: string
  before(async () => {
    const port = await freePort()
    await new Promise<void>((done) => server.listen(port, '127.0.0.1', done))
    url = `smtp://127.0.0.1:${port}`
    const mailer = smtpMailer(url, 'city@harbourview.example', 'harbourview.example')
    test = await startApp({ listen: true, accounts: true, overrides: { mailer } })
  })
  after(async () => {
    await test.close()
    await new Promise((done) => server.close(done))
  })

  it('is told apart from what may be taken later, or is a matter of our own standing', async () => {
    const mailer = smtpMailer(url, 'city@harbourview.example', 'harbourview.example')
    const fate = (to: string): Promise<string> =>
      mailer.send({ to, subject: 'A subject', text: 'A text', language: 'en', id: 'an-id' }).then(
        () => 'taken',
        (error: unknown) => (error instanceof MailRefused ? 'refused' : 'later'),
      )
    const fates: Array<[string, string]> = []
    for (const to of ['fine@example.org', ...Object.keys(refusals)]) fates.push([to, await fate(to)])
    assert.deepEqual(Object.fromEntries(fates), {
      'fine@example.org': 'taken',
      'gone@example.org': 'refused',
      'plain@example.org': 'refused',
      'later@example.org': 'later',
      'policy@example.org': 'later',
    })
    mailer.close()
  })

  it('is tried once, noted, and said on the page of its case', async () => {
    asked.length = 0
    const own = ({ id }: { id: string }): unknown => (id === 'email' ? 'gone@example.org' : undefined)
    const { caseId } = await applyFor(test, 'resident_parking_permit', { own })
    await test.settle()
    assert.ok(asked.includes('gone@example.org'))
    const client = new pg.Client({ connectionString: test.databaseUrl })
    await client.connect()
    const { rows: left } = await client.query(`select id from graphile_worker.jobs where task_identifier = 'messages:send'`)
    await client.end()
    assert.deepEqual(left, [], 'it is not tried again')
    const rows = await query<{ state: string }>(test.app.platform.db, 'select distinct state from messages.message where about = $1', [
      caseId,
    ])
    assert.deepEqual(rows, [{ state: 'undeliverable' }])
    const told = (await eventsOf(test.app.platform, caseId)).filter((event) => event.type === 'messages.message.undeliverable')
    assert.ok(told.length > 0)
    const cookie = await sessionOf(test, 'officer@harbourview.example')
    const page = await send(test.url, { path: `/officer/cases/${caseId}`, headers: { cookie } })
    assert.match(page.body, /The last e-mail did not arrive/)
    assert.match(page.body, /could not be delivered/)
  })
})

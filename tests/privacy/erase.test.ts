import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import pg from 'pg'
import { type App, createApp } from '../../src/app.ts'
import { accountActor, systemActor } from '../../src/modules/access/index.ts'
import { getCase, getCaseByReference } from '../../src/modules/cases/index.ts'
import { createHasher } from '../../src/modules/identity/index.ts'
import { proposeRefund, receive, within } from '../../src/modules/payments/index.ts'
import { holdingsOf, notErased } from '../../src/modules/people/index.ts'
import { keysFromPhrase } from '../../src/platform/crypto.ts'
import { today, transact } from '../../src/platform/platform.ts'
import { pathOfKey } from '../../src/platform/files.ts'
import { memoryMailer, startApp, type TestApp } from '../support/app.ts'
import { makeBill } from '../support/bills.ts'
import { send } from '../support/client.ts'
import { databaseUrl } from '../support/database.ts'
import { actOnCase, answerAll, applyFor, begin, fileBody, photo, type Applied } from '../support/world.ts'
import { decryptAll, dumpAll, type Dumped, filesBelow, finder } from './attacker.ts'
import { fillAndSend, get, makeResident, post, type Resident, staffCookie } from './resident.ts'

const mine = {
  name: 'Quillon Vantongeren',
  email: 'quillon.vantongeren@example.org',
  phone: '+442079460987',
  line: '11 Zibblethorpe Garret',
}
/** What nobody else has: none of it may be left anywhere, in whatever spelling. */
const needles = ['Quillon', 'Vantongeren', '442079460987', 'Zibblethorpe', 'Wobbegong', 'murgatroyd', 'Skerrowmere']
const kept = { name: 'Ombersley Plinthwright', email: 'ombersley@example.org', phone: '+442079460988', line: '12 Gruntleheim Row' }

const keys = keysFromPhrase('test')
const found = finder(needles)

describe('an erased person', () => {
  let test: TestApp
  let me: Resident
  let other: Resident
  let otherDraft = ''
  let parking: Applied
  let officer = ''
  let backup = ''
  let before_: { dump: Dumped[]; files: ReturnType<typeof filesBelow> }
  const folder = (): string => join(test.app.config.dataDir, 'files')

  /** A copy of the database as it is now, made by the server; everybody is sent away for a moment. */
  const copyDatabase = async (): Promise<string> => {
    const name = new URL(test.databaseUrl.replace(/^postgres:\/\/[^@]*@\//, 'postgres://localhost/')).pathname.slice(1)
    const copy = `${name}_backup`
    const client = new pg.Client({ connectionString: databaseUrl('postgres') })
    await client.connect()
    try {
      for (let tries = 0; ; tries += 1) {
        await client.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [name])
        const done = await client.query(`create database ${copy} template ${name}`).catch((error: unknown) => {
          if (tries < 50 && error instanceof Error && 'code' in error && error.code === '55006') return null
          throw error
        })
        if (done) return databaseUrl(copy)
        await new Promise((next) => setTimeout(next, 50))
      }
    } finally {
      await client.end()
    }
  }

  /** Means of signing in, and an application that signs in here: what the deployment's own keys wrap. */
  const addMeans = async ({ accountId }: Resident): Promise<void> => {
    const { platform } = test.app
    const [passkey, item] = [platform.newId(), Buffer.from(platform.random(32))]
    const wrapped = (text: string, context: string): Buffer => platform.keys.wrap(Buffer.from(text), context).wrapped
    const client = new pg.Client({ connectionString: test.databaseUrl })
    await client.connect()
    await client.query(
      `insert into identity.passkey (id, account_id, credential_id, public_key, counter, transports, device_type, backed_up, name, key_version, created_at)
       values ($1, $2, $3, $3, 0, '{}', 'single_device', false, $4, $5, now())`,
      [passkey, accountId, item, wrapped('Telephone of Skerrowmere', `passkey/${passkey}`), platform.keys.current],
    )
    await client.query('insert into identity.recovery_code (token, account_id) values ($1, $2)', [item, accountId])
    await client.query("insert into identity.challenge (token, purpose, account_id, expires_at) values ($1, 'step_up', $2, now())", [
      item,
      accountId,
    ])
    await client.query(
      `insert into oidc.item (model, id, wrapped_payload, key_version, account_id, expires_at)
       values ('Session', $1, $2, $3, $4, now() + interval '1 day')`,
      [item, wrapped('A session of Skerrowmere', `oidc.item/Session/${item.toString('hex')}`), platform.keys.current, accountId],
    )
    await client.end()
  }

  before(async () => {
    test = await startApp({ listen: true, accounts: true })
    me = await makeResident(test, mine)
    other = await makeResident(test, kept)
    officer = await staffCookie(test, 'officer@harbourview.example')
    const call = (ask: Parameters<typeof send>[1]): ReturnType<typeof send> => send(test.url, ask)
    // a draft with a file whose name says who it is
    const draft = await begin(call, 'street_event_permit', me.cookie)
    const own: Record<string, unknown> = { event_name: 'Wobbegong Jubilee' }
    await answerAll(call, draft.journey, draft.token, ({ id }) => own[id])
    const { type, body } = fileBody('file', 'vantongeren-murgatroyd.jpg', await photo())
    const sent = await send(test.url, {
      method: 'POST',
      path: `/api/v1/journeys/${draft.journey}/files`,
      headers: { authorization: `Bearer ${draft.token}`, 'content-type': type },
      body,
    })
    assert.equal(sent.status, 201, sent.body)
    assert.equal((await post(test, me.cookie, '/my/data/export')).status, 303)
    await addMeans(me)
    // somebody with a case that the law keeps, and a draft
    parking = await applyFor(test, 'resident_parking_permit', { cookie: other.cookie })
    otherDraft = (await begin(call, 'library_card', other.cookie)).journey
    await test.settle()
    before_ = { dump: await dumpAll(test.databaseUrl), files: filesBelow(folder()) }
    backup = await copyDatabase()
  })
  after(async () => {
    await test.close()
    const client = new pg.Client({ connectionString: databaseUrl('postgres') })
    await client.connect()
    await client.query(`drop database if exists ${/([a-z0-9_]+_backup)/.exec(backup)?.[1] ?? 'none'} with (force)`)
    await client.end()
  })

  it('could be read before by whoever has the dump, the files and every key', () => {
    const plain = decryptAll(keys, before_.dump, before_.files).join('\n')
    for (const needle of needles) assert.ok(plain.includes(needle), `${needle} is there to be found`)
    // sealed all the same: nothing of it stands in the open
    for (const { table, row, bytes } of before_.dump)
      assert.equal(found([row, ...bytes.map((each) => each.toString('latin1'))].join(' ')), null, table)
  })

  it('is told what goes, and goes with a word that they type', async () => {
    const page = await get(test, me.cookie, '/my/data/erase')
    assert.match(page.body, /No law makes us keep anything about you/)
    const wrong = await post(test, me.cookie, '/my/data/erase', { word: 'yes' })
    assert.equal(wrong.status, 422)
    assert.deepEqual(await notErased(test.app.platform, [me.personId]), [me.personId])
    const done = await post(test, me.cookie, '/my/data/erase', { word: 'erase' })
    assert.equal(done.status, 303)
    assert.equal(done.headers.location, '/my/data/erased')
    assert.match(String(done.headers['set-cookie']), /stoa_session=;.*Max-Age=0/)
    assert.equal((await get(test, me.cookie, '/my/data')).status, 303)
    await test.settle()
  })

  it('is in no table, no file, no journal and no job any more', async () => {
    const dump = await dumpAll(test.databaseUrl)
    assert.ok(dump.some(({ table }) => table === 'journal.event') && dump.some(({ table }) => table.startsWith('graphile_worker.')))
    for (const { table, row, bytes } of dump)
      assert.equal(found([row, ...bytes.flatMap((each) => [each.toString('latin1'), each.toString('utf8')])].join(' ')), null, table)
    for (const { name, bytes } of filesBelow(folder())) assert.equal(found(bytes.toString('latin1')), null, name)
    const person = dump.find(({ table, ids }) => table === 'people.person' && ids[0] === me.personId)
    assert.ok(person && person.bytes.length === 0, 'the key is gone')
  })

  it('cannot be decrypted with every key that is left, nor can the files and rows that somebody kept from before', async () => {
    const dump = await dumpAll(test.databaseUrl)
    const left = decryptAll(keys, dump, filesBelow(folder()))
    assert.ok(
      left.some((text) => text.includes(kept.name)),
      'the others can: the tools work',
    )
    assert.equal(found(left.join('\n')), null)
    // old ciphertext, with the keys of the database as it is now
    const old = before_.dump.filter(({ table }) => table === 'people.sealed' || table === 'people.document')
    const again = decryptAll(keys, [...dump.filter(({ table }) => table === 'people.person'), ...old], before_.files)
    assert.equal(found(again.join('\n')), null)
  })

  it('is led to by nothing but its own empty place and the journal', async () => {
    const allowed = new Set(['people.person', 'people.record', 'identity.account', 'journal.event'])
    for (const { table, row } of await dumpAll(test.databaseUrl))
      if (!allowed.has(table)) assert.ok(!row.includes(me.personId) && !row.includes(me.accountId), `${table}: ${row}`)
    const account = (await dumpAll(test.databaseUrl)).find(({ table, ids }) => table === 'identity.account' && ids[0] === me.accountId)
    assert.ok(account?.ids.includes('closed') && account.bytes.length === 0, 'no address and no password is left')
    assert.equal((await holdingsOf(test.app.platform, me.personId)).documents.length, 0)
  })

  it('keeps what a law keeps: another person loses the draft, and is told why the case stays', async () => {
    const page = (await get(test, other.cookie, '/my/data/erase')).body
    assert.match(page, /It is not finished/)
    assert.ok(page.includes(parking.reference))
    for (const transition of ['start_review', 'grant'])
      await actOnCase(test, officer, parking.caseId, 'step', { transition, text: 'In order.' })
    await test.settle()
    const closed = (await get(test, other.cookie, '/my/data/erase')).body
    assert.match(closed, /A law asks the city to keep it:[^]*GDPR, Art\. 6\(1\)/)
    assert.equal((await post(test, other.cookie, '/my/data/erase', { word: 'ERASE' })).headers.location, '/my/data/erase?done=part')
    await test.settle()
    assert.equal((await get(test, other.cookie, `/apply/${otherDraft}/check`)).status, 404)
    assert.equal((await get(test, other.cookie, `/my/data/cases/${parking.reference}`)).status, 200)
    assert.deepEqual(await notErased(test.app.platform, [other.personId]), [other.personId])
  })

  it('goes from a restored backup too, once, and only what this program wrote down', async () => {
    const { personId } = other
    const month = new Date().toISOString().slice(0, 7)
    const list = join(folder(), pathOfKey(`erasures-${month}`))
    writeFileSync(list, `person ${personId} ${'ab'.repeat(32)}\nperson ${personId}\n`, { flag: 'a' })
    const restored: App = await createApp(test.app.config, backup, { mailer: memoryMailer(), hasher: createHasher(true), keys })
    try {
      assert.deepEqual(await notErased(restored.platform, [me.personId]), [me.personId])
      assert.ok(
        decryptAll(keys, await dumpAll(backup), [])
          .join('\n')
          .includes('Vantongeren'),
        'the backup has the person',
      )
      const first = await restored.eraseAgain()
      assert.equal(first.persons, 1)
      assert.ok(first.records >= 1, 'the draft of the one who stays')
      assert.equal(first.refused, 2)
      assert.deepEqual(await notErased(restored.platform, [me.personId, personId]), [personId])
      const dump = await dumpAll(backup)
      assert.equal(found(decryptAll(keys, dump, filesBelow(folder())).join('\n')), null)
      const account = dump.find(({ table, ids }) => table === 'identity.account' && ids[0] === me.accountId)
      assert.ok(account?.ids.includes('closed') && account.bytes.length === 0)
      assert.deepEqual(await restored.eraseAgain(), { persons: 0, cases: 0, records: 0, refused: 2 })
    } finally {
      await restored.close()
    }
  })

  it('may be asked for although a law keeps the case: an officer decides, and a grant erases it', async () => {
    const begun = await post(test, other.cookie, '/my/data/requests', { kind: 'erase', reference: parking.reference })
    const own = { request_kind: 'erase', what: parking.reference, explanation: 'I moved away.', full_name: kept.name, email: kept.email }
    const reference = await fillAndSend(test, other.cookie, String(begun.headers.location), own)
    await test.settle()
    const request = await getCaseByReference(test.app.platform, reference)
    await actOnCase(test, officer, request.id, 'step', { transition: 'start_review' })
    await actOnCase(test, officer, request.id, 'step', { transition: 'grant', text: 'It may go.' })
    await test.settle()
    const gone = await getCase(test.app.platform, parking.caseId)
    assert.notEqual(gone.person_id, other.personId)
    const dump = await dumpAll(test.databaseUrl)
    assert.ok(!dump.some(({ table, ids }) => table === 'people.sealed' && ids[0] === gone.record_id))
    assert.equal((await get(test, other.cookie, `/my/data/cases/${parking.reference}`)).status, 404)
  })

  it('is never staff, and never somebody who signed in long ago in a weak way', async () => {
    assert.equal((await post(test, officer, '/my/data/erase', { word: 'ERASE' })).status, 403)
    const weak = await makeResident(test, { ...kept, name: 'Weak Example', email: 'weak@example.org' }, 'low')
    const client = new pg.Client({ connectionString: test.databaseUrl })
    await client.connect()
    await client.query("update identity.session set created_at = created_at - interval '20 minutes' where account_id = $1", [
      weak.accountId,
    ])
    await client.end()
    assert.match((await get(test, weak.cookie, '/my/data/erase')).body, /sign in again/)
    assert.equal((await post(test, weak.cookie, '/my/data/erase', { word: 'ERASE' })).status, 403)
    assert.deepEqual(await notErased(test.app.platform, [weak.personId]), [weak.personId])
  })

  it('is told first of bills that are open and refunds that are on their way', async () => {
    const treasury = test.app.treasury ?? assert.fail('the city takes money')
    const one = await makeResident(test, { ...kept, name: 'Bolingbroke Tarradiddle', email: 'bolingbroke@example.org' })
    const page = async (): Promise<string> => (await get(test, one.cookie, '/my/data/erase')).body
    assert.doesNotMatch(await page(), /Settle this first/)
    const payer = { kind: 'person' as const, personId: one.personId, accountId: one.accountId, name: 'Bolingbroke Tarradiddle' }
    const [open, paid] = [await makeBill(treasury, 100n, undefined, { payer }), await makeBill(treasury, 700n, undefined, { payer })]
    assert.match(await page(), /2 bills are open/)
    const officerActor = accountActor({ accountId: test.app.platform.newId(), personId: null, roles: [{ role: 'officer', agency: 'revenue' }], channel: 'web', level: 'substantial' }) // prettier-ignore
    await transact(test.app.platform, async (tx) => {
      const inside = within(treasury, tx)
      const shares = [{ bill: paid.id, amount: 700n }]
      const money = {
        key: `till:${paid.id}`,
        source: 'cash',
        heldBy: 'transport',
        part: 'transport_1',
        amount: 700n,
        currency: 'EUR',
      } as const
      const { payment } = await receive(inside, systemActor('payments'), { ...money, day: today(tx), shares, cause: tx.newId() })
      await proposeRefund(inside, officerActor, {
        payment: payment.id,
        bill: paid.id,
        amount: 700n,
        cause: 'goodwill',
        way: 'cash',
        words: 'x',
      })
    })
    assert.match(await page(), /One refund to you is on its way/)
    assert.match(await page(), /One bill is open/)
    assert.equal(open.state, 'open')
  })
})

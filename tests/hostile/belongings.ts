import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { sha256 } from '../../src/platform/crypto.ts'
import { query } from '../../src/platform/db.ts'
import { transact } from '../../src/platform/platform.ts'
import { accountByAddress, addAccount, grantRole } from '../../src/modules/identity/index.ts'
import { CALLBACK, register, Visitor } from '../identity/oidcvisitor.ts'
import { blindedPerson } from '../../src/modules/people/index.ts'
import type { TestApp } from '../support/app.ts'
import { type Answer, formBody, send } from '../support/client.ts'
import { bookFee } from '../support/booking.ts'
import { makeCounterThings } from './counterthings.ts'
import { makeDeskThings } from './deskthings.ts'
import { makeMoneyThings } from './moneythings.ts'
import { makeProgramThings } from '../support/programpages.ts'
import { makeReportThings } from './reportthings.ts'
import { actOnCase, answerAll, type Applied, applyFor, begin, sessionFor, sessionOf } from '../support/world.ts'

/** Everything one resident has: a thing of each kind that an address or a form can name. */
export type Belongings = {
  /** The owner's session. */
  readonly cookie: string
  readonly accountId: string
  readonly personId: string
  readonly applied: Applied
  readonly draft: { readonly journey: string; readonly token: string }
  /** Ids by what they are of. */
  readonly ids: Readonly<Record<string, string>>
  /** Words that are the owner's, and that nobody else may read. */
  readonly needles: readonly string[]
}

const owner = { name: 'Quentin Ownerly', email: 'quentin.ownerly@example.org' }
const holder = { name: 'Hana Holderby', email: 'hana.holderby@example.org' }
const words = {
  plate: 'ZQX 7731',
  member: 'Wilhelmina Zephyrine',
  reason: 'Quentin is on a gruntleheim voyage.',
  message: 'A plinthwright message.',
  note: 'An ombersley note.',
  emergency: 'A skerrowmere emergency at this address, somebody may be inside.',
}

/** Answers of the owner's own. */
const answers: Readonly<Record<string, unknown>> = {
  full_name: owner.name,
  email: owner.email,
  vehicle_registration: words.plate,
  members: [{ member_name: words.member, income_kind: 'wages', monthly_income: { amount: '98000', currency: 'EUR' } }],
}

/** Makes a resident who has one thing of each kind, with everybody whom that takes. */
export async function makeBelongings(test: TestApp): Promise<Belongings> {
  const make = new Maker(test)
  const { accountId, personId } = await make.resident(owner)
  await make.resident(holder)
  await make.officer('breaker@harbourview.example', 'Bram Breaker', 'library')
  const cookie = await sessionFor(test.app, owner.email, 'high')
  // one more, so that ending it by its address does not end the one that asks
  await sessionFor(test.app, owner.email, 'low')
  const applied = await applyFor(test, 'resident_parking_permit', { cookie, own: ({ id }) => answers[id] })
  const draft = await begin((ask) => send(test.url, ask), 'energy_cost_benefit', cookie)
  await answerAll(
    (ask) => send(test.url, ask),
    draft.journey,
    draft.token,
    ({ id }) => answers[id],
  )
  const filed = await applyFor(test, 'street_event_permit', { cookie, own: ({ id }) => answers[id] })
  await make.decided(applied)
  const reports = await makeReportThings(test, { accountId, personId, name: owner.name, cookie })
  const booked = await bookFee(test)
  const money = await makeMoneyThings(test, { accountId, personId, name: owner.name })
  const desk = await makeDeskThings(test, { accountId, personId, name: owner.name })
  const counter = await makeCounterThings(test, owner.name)
  const ids = {
    ...reports.ids,
    ...money.ids,
    ...(await makeProgramThings(test)),
    ...desk.ids,
    ...counter.ids,
    ledgerAccount: booked.account,
    posting: booked.posting,
    journey: draft.journey,
    done: applied.journey,
    case: applied.caseId,
    filed: filed.caseId,
    reference: applied.reference,
    account: accountId,
    ...(await make.oversight(applied)),
    ...(await make.standIns(cookie)),
    ...(await make.signIns(accountId)),
    ...(await make.apps(cookie)),
    ...(await make.data(cookie)),
    file: await make.fileOf(filed),
  }
  await test.settle()
  const known = { ...ids, ...(await make.found(accountId, personId)) }
  for (const [name, id] of Object.entries(known)) assert.notEqual(id, '', `there is a ${name}`)
  const needles = [
    owner.name,
    owner.email,
    words.plate,
    words.member,
    'gruntleheim',
    'plinthwright',
    'ombersley',
    'skerrowmere',
    'Ownerly key',
    ...reports.needles,
    ...money.needles,
    ...desk.needles,
    ...counter.needles,
  ]
  return { cookie, accountId, personId, applied, draft, ids: known, needles }
}

class Maker {
  readonly #test: TestApp

  constructor(test: TestApp) {
    this.#test = test
  }

  async resident(who: { name: string; email: string }): Promise<{ accountId: string; personId: string }> {
    const { platform, hasher } = this.#test.app
    const passwordHash = await hasher.hash('gloaming-lantern-2026')
    const account = await transact(platform, (tx) =>
      addAccount(tx, { ...who, passwordHash, language: 'en', status: 'active', staffName: null }),
    )
    return { accountId: account.id, personId: account.person_id }
  }

  async officer(email: string, name: string, agency: string): Promise<void> {
    await transact(this.#test.app.platform, async (tx) => {
      const account = await addAccount(tx, { name, email, passwordHash: 'none', language: 'en', status: 'active', staffName: name })
      await grantRole(tx, { journalName: 'system:setup', channel: 'job' }, account.id, { role: 'officer', agency })
    })
  }

  async #post(cookie: string, path: string, fields: Readonly<Record<string, string>> = {}): Promise<Answer> {
    const headers = { cookie, 'content-type': 'application/x-www-form-urlencoded' }
    const answer = await send(this.#test.url, { method: 'POST', path, headers, body: formBody(fields) })
    assert.ok([200, 303].includes(answer.status), `${path}: ${answer.status} ${/st-errors?[^]{0,300}/.exec(answer.body)?.[0] ?? ''}`)
    return answer
  }

  async #one(text: string, values: readonly unknown[] = []): Promise<string> {
    const [row] = await query<{ id: string }>(this.#test.app.platform.db, text, values)
    return row?.id ?? ''
  }

  /** The case is granted; what was said about it is said. */
  async decided(applied: Applied): Promise<void> {
    const officer = await sessionOf(this.#test, 'officer@harbourview.example')
    await actOnCase(this.#test, officer, applied.caseId, 'note', { text: words.note })
    await actOnCase(this.#test, officer, applied.caseId, 'message', { text: words.message })
    for (const transition of ['start_review', 'grant']) await actOnCase(this.#test, officer, applied.caseId, 'step', { transition })
    await this.#test.settle()
  }

  /** The file that was sent with a case, by the link on its page. */
  async fileOf(filed: Applied): Promise<string> {
    const cookie = await sessionOf(this.#test, 'officer@harbourview.example')
    const page = await send(this.#test.url, { path: `/officer/cases/${filed.caseId}`, headers: { cookie } })
    return /href="\/officer\/cases\/[0-9a-f-]+\/files\/([0-9a-f-]+)"/.exec(page.body)?.[1] ?? ''
  }

  /** The auditor watches the case, somebody breaks the glass, and the opening raises a flag. */
  async oversight(applied: Applied): Promise<Record<string, string>> {
    const auditor = await sessionOf(this.#test, 'auditor@harbourview.example')
    await this.#post(auditor, '/audit/watch', { reference: applied.reference })
    const breaker = await sessionOf(this.#test, 'breaker@harbourview.example')
    const asked = { reference: applied.reference, reason: 'danger_to_life', explanation: words.emergency }
    await this.#post(breaker, '/officer/emergency', asked)
    assert.equal((await send(this.#test.url, { path: `/officer/cases/${applied.caseId}`, headers: { cookie: breaker } })).status, 200)
    await this.#test.settle()
    return {
      emergency: await this.#one('select id from identity.emergency where case_id = $1', [applied.caseId]),
      flag: await this.#one("select id from audit.flag where kind = 'watched'"),
      watched: await this.#one('select case_id as id from audit.watched'),
    }
  }

  /** Somebody asks to act for the owner, and a helper does. */
  async standIns(cookie: string): Promise<Record<string, string>> {
    const test = this.#test
    const [year = '', month = '', day = ''] = test.app.platform.city.dayOf(test.app.platform.now()).split('-')
    const asked = { kind: 'other', name: owner.name, reach: 'email', email: owner.email, scope: 'all', reason: words.reason }
    const until = { 'until-day': day, 'until-month': month, 'until-year': year }
    await this.#post(await sessionFor(test.app, holder.email, 'high'), '/my/mandates/ask', { ...asked, ...until })
    const mandate = await this.#one('select id from representation.mandate')
    const reference = await this.#one('select reference as id from representation.mandate')
    const officer = await sessionOf(test, 'officer@harbourview.example')
    await this.#post(officer, `/officer/mandates/${reference}/letter`, { seen: 'yes' })
    await this.#post(cookie, '/my/presence-code')
    const shown = await send(test.url, { path: '/my/presence-code', headers: { cookie } })
    const code = /st-reference"><bdi>([0-9A-Z-]{9})</.exec(shown.body)?.[1] ?? ''
    const helper = await sessionOf(test, 'helper@harbourview.example')
    await this.#post(helper, '/assist', { code, purpose: 'application', minutes: '60' })
    return { mandate, mandateReference: reference, assistance: await this.#one('select id from representation.assistance') }
  }

  /** A passkey and a linked identity, as their ceremonies leave them. */
  async signIns(accountId: string): Promise<Record<string, string>> {
    const { platform } = this.#test.app
    const passkey = platform.newId()
    const { version, wrapped } = platform.keys.wrap(Buffer.from('Ownerly key'), `passkey/${passkey}`)
    await query(
      platform.db,
      `insert into identity.passkey (id, account_id, credential_id, public_key, counter, transports, device_type, backed_up, name, key_version, created_at)
       values ($1, $2, $3, $4, 0, '{}', 'single_device', false, $5, $6, now())`,
      [passkey, accountId, randomBytes(16), randomBytes(32), wrapped, version],
    )
    await query(
      platform.db,
      `insert into federation.link (provider_id, subject, account_id, claims_token, linked_at, used_at)
       values ('national-id', $1, $2, $3, now(), now())`,
      [randomBytes(32), accountId, randomBytes(32)],
    )
    return { passkey, provider: 'national-id' }
  }

  /** An application that the owner has let in, and one that asks. */
  async apps(cookie: string): Promise<Record<string, string>> {
    const test = this.#test
    await register(test, 'belongings')
    const visitor = new Visitor(test.url)
    const at = cookie.indexOf('=')
    visitor.put(cookie.slice(0, at), cookie.slice(at + 1))
    const ask = (scope: string): string => {
      const challenge = sha256(`verifier of the owner for ${scope}`)
      const asked = {
        client_id: 'belongings',
        redirect_uri: CALLBACK,
        response_type: 'code',
        scope,
        state: 'a'.repeat(20),
        nonce: 'b'.repeat(20),
      }
      return `/oidc/auth?${formBody({ ...asked, code_challenge: challenge.slice(0, 43), code_challenge_method: 'S256' })}`
    }
    await visitor.allow(ask('openid profile'))
    const { path } = await visitor.go(ask('openid profile email'))
    const outside = await visitor.go('/sign-in/with/national-id')
    return {
      app: 'belongings',
      uid: /^\/oidc-consent\/([^/?]+)/.exec(path)?.[1] ?? '',
      choice: /^\/demo\/national-id\/choose\/([^/?]+)/.exec(outside.path)?.[1] ?? '',
    }
  }

  /** A consent, a copy of everything, a portal that may ask. */
  async data(cookie: string): Promise<Record<string, string>> {
    const test = this.#test
    const page = await send(test.url, { path: '/my/consents', headers: { cookie } })
    const named = (name: string): string => new RegExp(`name="${name}" value="([^"]+)"`).exec(page.body)?.[1] ?? ''
    await this.#post(cookie, '/my/consents', { consent: named('consent'), wording: named('wording'), act: 'give' })
    await this.#post(cookie, '/my/data/export')
    const admin = await sessionOf(test, 'admin@harbourview.example')
    await this.#post(admin, '/admin/portals', { name: 'Portal of the tests' })
    return { consent: named('consent'), portal: await this.#one('select id from privacy.portal') }
  }

  /** What came of it behind the pages. */
  async found(accountId: string, personId: string): Promise<Record<string, string>> {
    const keeper = await accountByAddress(this.#test.app.platform, 'breaker@harbourview.example')
    return {
      letter: await this.#one('select id from cases.letter limit 1'),
      session: await this.#one("select id from identity.session where account_id = $1 and level = 'low'", [accountId]),
      export: await this.#one("select id from privacy.export where person_id = $1 and state = 'ready'", [personId]),
      opening: await this.#one("select id from journal.event where type = 'people.record.opened' and subject = $1 order by seq limit 1", [
        blindedPerson(this.#test.app.platform, personId),
      ]),
      officer: keeper?.id ?? '',
      grant: await this.#one('select id from identity.role_binding where account_id = $1', [keeper?.id]),
    }
  }
}

import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { acrFor, eidasLevels, levelFrom, mayBeAsked, profileFrom, readClaims, readLevels } from '../../src/modules/federation/provider.ts'
import { accountByAddress, startSession } from '../../src/modules/identity/index.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { cookiesOf, formBody, send } from '../support/client.ts'

/** Somebody at a browser: keeps cookies, follows what it is sent to, one step at a time. */
class Visitor {
  readonly #jar = new Map<string, string>()
  readonly #url: string

  constructor(url: string, cookies: Readonly<Record<string, string>> = {}) {
    this.#url = url
    for (const [name, value] of Object.entries(cookies)) this.#jar.set(name, value)
  }

  get names(): string[] {
    return [...this.#jar.keys()]
  }

  drop(name: string): void {
    this.#jar.delete(name)
  }

  async ask(path: string, form?: Readonly<Record<string, string>>): Promise<{ status: number; body: string; location: string }> {
    const target = path.startsWith(this.#url) ? path.slice(this.#url.length) : path
    const cookie = [...this.#jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const headers = {
      accept: 'text/html',
      cookie,
      ...(form ? { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' } : {}),
    }
    const answer = await send(this.#url, { path: target, headers, ...(form ? { method: 'POST', body: formBody(form) } : {}) })
    for (const pair of cookiesOf(answer)) {
      const at = pair.indexOf('=')
      if (pair.slice(at + 1) === '') this.#jar.delete(pair.slice(0, at))
      else this.#jar.set(pair.slice(0, at), pair.slice(at + 1))
    }
    return { status: answer.status, body: answer.body, location: String(answer.headers.location ?? '') }
  }

  /** Follows redirects until a page comes; gives its address and text. */
  async follow(path: string, form?: Readonly<Record<string, string>>): Promise<{ at: string; status: number; body: string }> {
    let at = path
    let answer = await this.ask(path, form)
    for (let hops = 0; answer.status === 303 || answer.status === 302; hops += 1) {
      assert.ok(hops < 15, `no end of redirects at ${at}`)
      at = answer.location
      answer = await this.ask(at)
    }
    return { at: at.replace(this.#url, ''), status: answer.status, body: answer.body }
  }

  /** Goes through the invented national ID as one of its citizens; ends on the first page of ours after it. */
  async comeFromNationalId(sub: string, level: string, query = '') {
    const chosen = await this.follow(`/sign-in/with/national-id${query}`)
    assert.equal(chosen.status, 200, chosen.body)
    const acr = Object.keys(eidasLevels).find((name) => eidasLevels[name] === level) ?? ''
    return this.follow(chosen.at, { sub, acr })
  }
}

describe('outside identity providers', () => {
  let test1: TestApp
  before(async () => void (test1 = await startApp({ listen: true, accounts: true })))
  after(() => test1.close())

  const sessionOf = async (visitor: Visitor): Promise<{ level: string; methods: string[] } | undefined> => {
    assert.ok(visitor.names.includes('stoa_session'))
    const { rows } = await test1.app.database.pool.query<{ level: string; methods: string[] }>(
      'select level, methods from identity.session order by created_at desc limit 1',
    )
    return rows[0]
  }

  test('a newcomer gets an account, and comes into the same one the next time, at the level of that time', async () => {
    const first = new Visitor(test1.url)
    const welcome = await first.comeFromNationalId('nid-000-0001', 'low')
    assert.equal(welcome.at, '/sign-in/with/new')
    const home = await first.follow('/sign-in/with/new', {})
    assert.equal(home.at, '/my')
    assert.equal((await sessionOf(first))?.level, 'low')

    const again = new Visitor(test1.url)
    assert.equal((await again.comeFromNationalId('nid-000-0001', 'high')).at, '/my')
    const session = await sessionOf(again)
    assert.deepEqual([session?.level, session?.methods], ['high', ['provider']])
    const { rows } = await test1.app.database.pool.query('select distinct account_id from federation.link')
    assert.equal(rows.length, 1)
  })

  test('signing in again in the same session raises its level under a new token and goes on where the person was', async () => {
    const visitor = new Visitor(test1.url)
    await visitor.comeFromNationalId('nid-000-0003', 'low')
    await visitor.follow('/sign-in/with/new', {})
    const page = await visitor.comeFromNationalId('nid-000-0003', 'substantial', '?level=substantial&next=%2Fservices')
    assert.equal(page.at, '/services')
    assert.equal((await sessionOf(visitor))?.level, 'substantial')
    const { rows } = await test1.app.database.pool.query<{ level: string }>(
      `select level from identity.session where account_id = (select account_id from identity.session order by created_at desc limit 1)`,
    )
    assert.deepEqual(rows, [{ level: 'substantial' }], 'one session, at the new level')
  })

  test('an identity is linked to an account only by somebody who has signed in to both and says so', async () => {
    const resident = await accountByAddress(test1.app.platform, 'resident@harbourview.example')
    const token = await startSession(test1.app.platform, resident?.id ?? '', { level: 'substantial', methods: ['passkey'], device: 'test' })
    const visitor = new Visitor(test1.url, { stoa_session: token })
    const join = await visitor.comeFromNationalId('nid-000-0002', 'substantial', '?next=%2Faccount%2Fproviders')
    assert.equal(join.at, '/sign-in/with/join')
    const links = async () =>
      (await test1.app.database.pool.query('select 1 from federation.link where account_id = $1', [resident?.id])).rows.length
    assert.equal(await links(), 0, 'nothing is linked before the person confirms it')
    const done = await visitor.follow('/sign-in/with/join', {})
    assert.equal(done.at, '/account/providers')
    assert.equal(await links(), 1)
    const other = new Visitor(test1.url)
    assert.equal((await other.comeFromNationalId('nid-000-0002', 'low')).at, '/my')
    const ended = await visitor.follow('/account/providers/national-id/end', {})
    assert.match(ended.body, /The link has ended/)
    assert.equal(await links(), 0)
  })

  test('a link on the page of another site signs nobody in: it leads to the sign-in page', async () => {
    const headers = { accept: 'text/html', 'sec-fetch-site': 'cross-site' }
    const sent = await send(test1.url, { path: '/sign-in/with/national-id?level=substantial&next=%2Fmy', headers })
    assert.deepEqual([sent.status, sent.headers.location], [303, '/sign-in?next=%2Fmy&level=substantial'])
    assert.ok(!cookiesOf(sent).some((cookie) => cookie.startsWith('stoa_with=')), 'nothing was begun')
    const own = await send(test1.url, { path: '/sign-in/with/national-id', headers: { ...headers, 'sec-fetch-site': 'same-origin' } })
    assert.ok(cookiesOf(own).some((cookie) => cookie.startsWith('stoa_with=')))
  })

  test('whoever did not begin here, waited too long, or brings another state is refused and gets no session', async () => {
    const stolen = new Visitor(test1.url)
    const begun = await stolen.ask('/sign-in/with/national-id')
    const state = new URL(begun.location).searchParams.get('state') ?? ''
    const bystander = new Visitor(test1.url)
    assert.equal((await bystander.ask(`/sign-in/with/national-id/callback?code=x&state=${state}`)).status, 422)
    assert.equal((await stolen.ask('/sign-in/with/national-id/callback?code=x&state=wrong')).status, 422)
    assert.equal((await stolen.ask(`/sign-in/with/national-id/callback?code=x&state=${state}`)).status, 422, 'the kept state is good once')
    assert.deepEqual(
      [...bystander.names, ...stolen.names].filter((name) => name === 'stoa_session'),
      [],
    )
    assert.equal((await new Visitor(test1.url).ask('/sign-in/with/new')).status, 422)
    assert.equal((await new Visitor(test1.url).ask('/sign-in/with/nobody')).status, 404)
  })

  test('an administrator adds a provider whose metadata can be read, and switches it off', async () => {
    const admin = await accountByAddress(test1.app.platform, 'admin@harbourview.example')
    const token = await startSession(test1.app.platform, admin?.id ?? '', { level: 'substantial', methods: ['passkey'], device: 'test' })
    const visitor = new Visitor(test1.url, { stoa_session: token })
    const other = createServer((request, reply) => {
      const issuer = `http://127.0.0.1:${(other.address() as AddressInfo).port}`
      const known = request.url === '/.well-known/openid-configuration'
      reply.writeHead(known ? 200 : 404, { 'content-type': 'application/json' })
      reply.end(
        JSON.stringify(
          known ? { issuer, authorization_endpoint: `${issuer}/a`, token_endpoint: `${issuer}/t`, jwks_uri: `${issuer}/j` } : {},
        ),
      )
    })
    await new Promise<void>((done) => other.listen(0, '127.0.0.1', done))
    const { port } = other.address() as AddressInfo
    try {
      const form = {
        id: 'harbour-pass', 'name-en': 'Harbour Pass', 'name-es': 'Pase del Puerto', 'name-ar': 'بطاقة المرفأ', client_id: 'stoa',
        secret: 'not-a-real-secret', scopes: 'openid profile', claims: 'full_name = given_name family_name', levels: '', default_level: 'low',
      } // prettier-ignore
      const wrong = await visitor.ask('/admin/providers', { ...form, issuer: 'http://169.254.169.254/latest' })
      assert.equal(wrong.status, 422, 'only https, or this machine in the demo')
      assert.match(wrong.body, /href="#issuer"/)
      assert.equal((await visitor.ask('/admin/providers', { ...form, issuer: `http://127.0.0.1:${port}/elsewhere` })).status, 422)
      assert.equal(
        (await visitor.ask('/admin/providers', { ...form, issuer: `http://127.0.0.1:${port}` })).location,
        '/admin/providers?done=added',
      )
      assert.equal(
        (await visitor.ask('/admin/providers', { ...form, issuer: `http://127.0.0.1:${port}` })).status,
        422,
        'the name is taken',
      )
      const { rows } = await test1.app.database.pool.query<{ wrapped_secret: Buffer }>(
        `select wrapped_secret from federation.provider where id = 'harbour-pass'`,
      )
      assert.ok(!rows[0]?.wrapped_secret.toString('latin1').includes('not-a-real-secret'))
      const begun = await new Visitor(test1.url).ask('/sign-in/with/harbour-pass')
      const to = new URL(begun.location)
      assert.equal(to.origin, `http://127.0.0.1:${port}`)
      assert.equal(to.searchParams.get('code_challenge_method'), 'S256')
      assert.equal(to.searchParams.get('redirect_uri'), `${test1.url}/sign-in/with/harbour-pass/callback`)
      await visitor.ask('/admin/providers/harbour-pass', { enabled: 'no' })
      assert.equal((await new Visitor(test1.url).ask('/sign-in/with/harbour-pass')).status, 404)
    } finally {
      await new Promise((done) => other.close(done))
    }
  })
})

describe('what a provider says', () => {
  test('claims become profile fields; an unverified address does not', () => {
    const map = { full_name: ['given_name', 'family_name'], email: ['email'], date_of_birth: ['birthdate'] }
    const claims = { given_name: 'Jules', family_name: 'Exemplar', email: 'j@people.example', birthdate: '0000', email_verified: 'true' }
    assert.deepEqual(profileFrom(map, claims), { full_name: 'Jules Exemplar' })
    assert.deepEqual(profileFrom(map, { ...claims, email_verified: true, birthdate: '1984-02-29' }), {
      full_name: 'Jules Exemplar', email: 'j@people.example', date_of_birth: '1984-02-29',
    }) // prettier-ignore
  })

  test('a level is only what was mapped, else the default', () => {
    const provider = { levels: { gold: 'high', silver: 'substantial' }, defaultLevel: 'low' } as const
    assert.deepEqual(
      ['gold', 'silver', 'tin', undefined, 7].map((acr) => levelFrom(provider, acr)),
      ['high', 'substantial', 'low', 'low', 'low'],
    )
    assert.deepEqual(acrFor(provider, 'substantial'), ['silver', 'gold'])
    assert.deepEqual(acrFor(provider, 'low'), ['silver', 'gold'])
  })

  test('lines that cannot be read are refused', () => {
    assert.deepEqual(readClaims('full_name = a b\n\nemail = mail'), { full_name: ['a', 'b'], email: ['mail'] })
    assert.equal(readClaims('shoe_size = x'), null)
    assert.equal(readClaims('full_name'), null)
    assert.deepEqual(readLevels('http://x/y = high'), { 'http://x/y': 'high' })
    assert.equal(readLevels('x = highest'), null)
  })

  test('the server asks no address that is not https, but this machine in the demo', () => {
    for (const issuer of ['http://city.example', 'ftp://x', 'https://u:p@x.example', 'https://x.example/?a', 'file:///etc', 'nonsense', ''])
      assert.equal(mayBeAsked(issuer, true), false, issuer)
    assert.equal(mayBeAsked('http://localhost:8080/demo', true), true)
    assert.equal(mayBeAsked('http://localhost:8080/demo', false), false)
    assert.equal(mayBeAsked('https://id.example/realm', false), true)
  })
})

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import * as openid from 'openid-client'
import { createApp } from '../../src/app.ts'
import { accountByAddress, createHasher } from '../../src/modules/identity/index.ts'
import { keysFromPhrase } from '../../src/platform/crypto.ts'
import { transact } from '../../src/platform/platform.ts'
import { memoryMailer, type TestApp } from '../support/app.ts'
import { send } from '../support/client.ts'
import { addOtis, CALLBACK, flowOf, OTIS, type Provider, redeem, signedIn, signIn, startProvider, Visitor } from './oidcvisitor.ts'

const RESIDENT = 'resident@harbourview.example'

describe('applications that sign residents in are administered, and nothing of them is left behind', () => {
  let provider: Provider
  let test: TestApp
  let app: openid.Configuration
  before(async () => {
    provider = await startProvider()
    ;({ test, app } = provider)
    await addOtis(test)
  })
  after(() => provider.close())

  it('is registered, renewed and disabled by administrators only', async () => {
    const admin = await signedIn(test, 'admin@harbourview.example')
    const form = {
      name_en: 'Pool <Pass>',
      name_es: 'Abono de piscina',
      name_ar: 'بطاقة المسبح',
      agency: 'library',
      redirect_uris: CALLBACK,
      post_logout_redirect_uris: '',
      backchannel_logout_uri: '',
      auth_method: 'client_secret_basic',
      scopes: 'profile',
      jwks: '',
    }
    for (const path of ['/admin/apps', '/admin/apps/parking/secret', '/admin/apps/parking/disable'])
      assert.equal((await (await signedIn(test, RESIDENT)).ask(path, form)).status, 403, path)
    assert.equal((await (await signedIn(test, 'officer@harbourview.example')).ask('/admin/apps', form)).status, 403)
    assert.equal((await admin.ask('/admin/apps')).status, 200)
    const wrong = await admin.ask('/admin/apps', { ...form, redirect_uris: 'http://pool.example/back', name_es: '' })
    assert.equal(wrong.status, 422)
    assert.ok(wrong.body.includes('Give one to ten return addresses') && !wrong.body.includes('<Pass>'))
    assert.match(wrong.body, /value="Pool (&lt;|&#60;)Pass/)
    const made = await admin.ask('/admin/apps', form)
    const codes = [...made.body.matchAll(/<code><bdi dir="ltr">([^<]+)/g)].map((match) => match[1] ?? '')
    const [id = '', secret = ''] = codes
    assert.match(id, /^pool-pass-[0-9a-f]{8}$/)
    assert.ok(secret.length > 40)
    assert.ok(!(await admin.ask('/admin/apps')).body.includes(secret), 'shown once')
    const dump = await provider.database.query('select * from oidc.client where id = $1', [id])
    assert.equal(dump.rows.length, 1)
    assert.ok(Buffer.isBuffer(dump.rows[0].wrapped_secret) && !dump.rows[0].wrapped_secret.includes(Buffer.from(secret)))
    assert.ok(!JSON.stringify({ ...dump.rows[0], wrapped_secret: null }).includes(secret))
    const at = new URL(`${test.url}/oidc`)
    const pool = (own: string): Promise<openid.Configuration> =>
      openid.discovery(at, id, undefined, openid.ClientSecretBasic(own), { execute: [openid.allowInsecureRequests] })
    const visitor = await signedIn(test, RESIDENT)
    const tokens = await signIn(await pool(secret), visitor, { scope: 'openid profile' })
    const renewed = await admin.ask(`/admin/apps/${id}/secret`, {})
    const next = [...renewed.body.matchAll(/<code><bdi dir="ltr">([^<]+)/g)][1]?.[1] ?? ''
    assert.ok(next.length > 40 && next !== secret)
    await assert.rejects(signIn(await pool(secret), visitor, { scope: 'openid profile' }), /invalid_client|WWW-Authenticate/)
    assert.ok((await signIn(await pool(next), visitor, { scope: 'openid profile' })).access_token)
    assert.equal((await admin.go(`/admin/apps/${id}/disable`, {})).answer.status, 200)
    const refused = await visitor.go((await flowOf(await pool(next), { scope: 'openid profile' })).to)
    assert.equal(refused.away, null)
    assert.match(refused.answer.body, /invalid_client/)
    await assert.rejects(openid.fetchUserInfo(await pool(next), tokens.access_token, openid.skipSubjectCheck))
    assert.doesNotMatch((await visitor.ask('/account/apps')).body, /Pool/)
    const told = (await provider.eventsOf('oidc.client.disabled')).at(-1)
    assert.equal(told?.data['agency'], 'library')
  })

  it('works in several processes on one database', async () => {
    const other = await createApp(test.app.config, test.databaseUrl, {
      mailer: memoryMailer(),
      hasher: createHasher(true),
      keys: keysFromPhrase('test'),
      now: provider.now,
    })
    try {
      await other.server.listen({ host: '127.0.0.1', port: 0 })
      const address = other.server.server.address()
      const port = typeof address === 'object' && address ? address.port : 0
      const flow = await flowOf(app)
      const back = await (await signedIn(test, RESIDENT)).allow(flow.to)
      const answer = await send(`http://127.0.0.1:${port}`, {
        method: 'POST',
        path: '/oidc/token',
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          authorization: `Basic ${Buffer.from('parking:parking-secret-of-the-tests-0123456789').toString('base64')}`,
        },
        body: new URLSearchParams({
          grant_type: 'authorization_code',
          code: back.searchParams.get('code') ?? '',
          redirect_uri: CALLBACK,
          code_verifier: flow.verifier,
        }).toString(),
      })
      assert.equal(answer.status, 200, answer.body)
      const told = await openid.fetchUserInfo(app, JSON.parse(answer.body).access_token, openid.skipSubjectCheck)
      assert.equal(told.name, 'Robin Example')
    } finally {
      await other.close()
    }
  })

  it('keeps nothing of people, codes and tokens that a dump would show', async () => {
    await signIn(app, await signedIn(test, OTIS.email))
    const visitor = await signedIn(test, RESIDENT)
    const flow = await flowOf(app, { login_hint: RESIDENT, scope: 'openid email offline_access', prompt: 'consent' })
    const back = await visitor.allow(flow.to)
    const tokens = await redeem(app, back, flow)
    const { rows } = await provider.database.query<{ all: string }>(
      `select (select string_agg(i::text, ' ') from oidc.item i) || (select string_agg(c::text, ' ') from oidc.client c)
        || (select string_agg(e.data::text || e.actor, ' ') from journal.event e) as all`,
    )
    const dump = rows[0]?.all ?? ''
    assert.ok(dump.length > 10_000)
    const cookies = visitor.cookies.map(({ value }) => value)
    const secrets = [back.searchParams.get('code'), tokens.access_token, tokens.refresh_token, flow.nonce, ...cookies].map(String)
    for (const word of [RESIDENT, 'Robin', 'Otis', 'parking-secret', ...secrets]) {
      const hidden = [word, Buffer.from(word).toString('hex'), Buffer.from(word).toString('base64')]
      for (const form of hidden) assert.ok(!dump.includes(form), `${word} is in the dump`)
    }
  })

  it('forgets somebody who is erased', async () => {
    await signIn(app, await signedIn(test, OTIS.email))
    const account = await accountByAddress(test.app.platform, OTIS.email)
    const module = test.app.modules.find((each) => each.name === 'oidc')
    assert.ok(account && module?.forgets)
    const count = async (): Promise<number> =>
      (await provider.database.query('select 1 from oidc.item where account_id = $1', [account.id])).rowCount ?? 0
    assert.ok((await count()) > 0)
    const { forgets } = module
    await transact(test.app.platform, (tx) => forgets(tx, { personId: account.personId, accountId: account.id }))
    assert.equal(await count(), 0)
  })

  it('changes its signing key, and tokens from before stay good', async () => {
    const kidsNow = async (): Promise<string[]> =>
      JSON.parse((await send(test.url, { path: '/oidc/jwks' })).body).keys.map((key: { kid: string }) => key.kid)
    const kidOf = (token: string | undefined): string =>
      JSON.parse(Buffer.from((token ?? '').split('.')[0] ?? '', 'base64url').toString()).kid
    const visitor = (): Promise<Visitor> => signedIn(test, RESIDENT)
    const day = 86_400_000
    const old = await signIn(app, await visitor())
    const [first = ''] = await kidsNow()
    assert.equal(kidOf(old.id_token), first)
    await provider.run('oidc:rotate_keys')
    assert.deepEqual(await kidsNow(), [first], 'not before its time')
    provider.moveBy(29 * day + 60_000)
    await provider.run('oidc:rotate_keys')
    await provider.run('oidc:rotate_keys')
    provider.moveBy(10_000)
    const published = await kidsNow()
    assert.equal(published.length, 2, 'published ahead, once')
    assert.equal(kidOf((await signIn(app, await visitor())).id_token), first, 'but it does not sign yet')
    provider.moveBy(day)
    assert.equal(kidOf((await signIn(app, await visitor())).id_token), published[1])
    assert.deepEqual((await kidsNow()).toSorted(), published.toSorted())
    // a token of the old key still says who signs out
    const leave = openid.buildEndSessionUrl(app, { id_token_hint: old.id_token ?? '', post_logout_redirect_uri: 'http://127.0.0.1:9/bye' })
    assert.ok((await new Visitor(test.url).go(leave)).away)
    provider.moveBy(3 * day)
    await provider.run('oidc:rotate_keys')
    provider.moveBy(10_000)
    assert.deepEqual(await kidsNow(), [published[1]], 'gone when nothing of it is left')
    assert.ok((await provider.eventsOf('oidc.key.rotated')).length === 2)
  })
})

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { startApp, type TestApp } from '../support/app.ts'
import { send } from '../support/client.ts'
import { sessionOf } from '../support/world.ts'

/** What everybody comes to by links alone, from the first page they see; at most so many pages away. */
const STEPS = 3

const own = ['/my', '/pay/mine', '/my/data', '/my/access', '/my/consents', '/my/privacy-choices', '/my/mandates', '/my/help']
const account = ['/account', '/account/security', '/account/apps', '/account/providers']

const wanted: ReadonlyArray<{ who: string; email: string | null; pages: readonly string[] }> = [
  {
    who: 'a visitor',
    email: null,
    pages: [
      '/sign-in', '/register', '/track', '/pay', '/privacy', '/privacy/retention', '/my/privacy-choices', '/demo', '/demo/authenticator', '/demo/mailbox',
      '/demo/agency-app', '/sign-in/with/national-id', '/reports', '/reports/new', '/reports/figures', '/reports/alerts', '/reports/widget/make', '/open311/keys',
    ], // prettier-ignore
  },
  {
    who: 'a resident',
    email: 'resident@harbourview.example',
    pages: [...own, ...account, '/my/data/export', '/my/data/erase', '/my/presence-code'],
  },
  {
    who: 'an officer',
    email: 'officer@harbourview.example',
    pages: [
      '/officer',
      '/officer/money',
      '/officer/money/bills',
      '/officer/money/bills/new',
      '/officer/money/items',
      '/officer/money/approvals',
      '/officer/money/transfers',
      '/officer/money/till',
      '/officer/money/reconcile',
      '/officer/money/reminders',
      '/officer/money/runs',
      '/officer/money/imports',
      '/officer/reports',
      '/officer/counter',
      '/officer/mandates',
      '/assist',
      '/counter-device',
      ...account,
      ...own.slice(1),
    ],
  },
  {
    who: 'a member of a crew',
    email: 'crew.roads@harbourview.example',
    pages: ['/officer', '/officer/crew', '/officer/reports', ...account],
  },
  { who: 'a helper', email: 'helper@harbourview.example', pages: ['/assist', '/counter-device', ...account] },
  {
    who: 'a supervisor',
    email: 'supervisor@harbourview.example',
    pages: ['/officer', '/officer/reports', '/officer/crew/members', '/admin/reviews', '/audit/emergencies', '/officer/ledger/close'],
  },
  {
    who: 'an administrator',
    email: 'admin@harbourview.example',
    pages: [
      '/admin/staff',
      '/admin/reviews',
      '/admin/agencies',
      '/admin/apps',
      '/admin/providers',
      '/admin/open311',
      '/admin/money-clients',
      '/admin/portals',
      ...account,
    ],
  },
  {
    who: 'an auditor',
    email: 'auditor@harbourview.example',
    pages: ['/audit', '/audit/access', '/audit/journal', '/audit/policies', '/officer/ledger', '/officer/ledger/journal', ...account],
  },
]

describe('every page that somebody may use', () => {
  let test: TestApp
  before(async () => void (test = await startApp({ listen: true, accounts: true })))
  after(() => test.close())

  /** Follows the links of pages, breadth first; gives every path that was linked, and those that were refused. */
  const walk = async (cookie: string | null): Promise<{ linked: Set<string>; refused: string[] }> => {
    const linked = new Set<string>()
    const refused: string[] = []
    let next = ['/']
    for (let step = 0; step < STEPS; step += 1) {
      const found = new Set<string>()
      for (const path of next) {
        const answer = await send(test.url, { path, headers: { accept: 'text/html', ...(cookie ? { cookie } : {}) } })
        if (answer.status >= 400) refused.push(`${path}: ${answer.status}`)
        for (const [, href = ''] of answer.body.matchAll(/<a\b[^>]*?\shref="(\/[^"?#]*)/g)) if (!linked.has(href)) found.add(href)
      }
      for (const path of found) linked.add(path)
      // services, life events and cases are many of one kind
      next = [...found].filter(
        (path) =>
          !/^\/(services|life-events|agencies|cases|apply|officer\/cases|sign-in\/with|demo\/agency-app\/|admin\/staff\/)/.test(path),
      )
    }
    return { linked, refused }
  }

  for (const { who, email, pages } of wanted) {
    it(`is reached by links by ${who}, and no link there leads to a refusal`, async () => {
      const { linked, refused } = await walk(email === null ? null : await sessionOf(test, email))
      assert.deepEqual(
        pages.filter((page) => !linked.has(page)),
        [],
        'these are not linked',
      )
      assert.deepEqual(refused, [])
    })
  }
})

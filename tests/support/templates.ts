import type { BrowserContext, Page } from 'playwright-core'
import { answerKind } from '../../src/modules/fields/index.ts'
import type { TestApp } from './app.ts'
import { send } from './client.ts'
import { sendEmpty } from './looks.ts'
import { actOnCase, answerAll, applyFor, begin, sessionOf } from './world.ts'

/** Whose eyes a page is seen with; null is nobody who is signed in. */
export type Seat = 'resident' | 'officer' | 'second' | null

/** A page of each make that the program has: how to come to it, and what to do there first. */
export type Template = { readonly name: string; readonly path: string; readonly seat: Seat; readonly act?: (page: Page) => Promise<void> }

/** A city in which every kind of page has something to show. */
export type Templates = { readonly pages: readonly Template[]; sit(context: BrowserContext, seat: NonNullable<Seat>): Promise<void> }

const publicPages: Record<string, string> = {
  home: '/',
  services: '/services',
  search: '/services?q=permit',
  'search without result': '/services?q=xyzzy',
  service: '/services/resident_parking_permit',
  'life event': '/life-events/moving_home',
  agency: '/agencies/transport',
  about: '/about',
  accessibility: '/accessibility',
  privacy: '/privacy',
  contact: '/contact',
  register: '/register',
  verify: '/register/verify',
  reset: '/reset',
  'reset code': '/reset/code',
  setup: '/setup',
  track: '/track',
  'check a letter': '/check',
  'not found': '/nowhere',
  demo: '/demo',
  mailbox: '/demo/mailbox',
}

/** Takes the page's files and rows away and goes on without them. */
async function sendWithoutParts(page: Page): Promise<void> {
  const remove = page.locator('button[name=_remove_file], button[name=_remove_row]')
  for (let left = await remove.count(); left > 0; left -= 1) {
    await remove.first().click()
    await page.waitForLoadState()
  }
  await sendEmpty(page)
}

/** Makes the city and lists its pages. */
export async function makeTemplates(test: TestApp): Promise<Templates> {
  const sessions = {
    resident: await sessionOf(test, 'resident@harbourview.example'),
    officer: await sessionOf(test, 'officer@harbourview.example'),
    second: await sessionOf(test, 'second.officer@harbourview.example'),
  }
  const call = (ask: Parameters<typeof send>[1]): ReturnType<typeof send> => send(test.url, ask)
  const cookie = sessions.resident
  const cases = {
    open: await applyFor(test, 'resident_parking_permit', { cookie }),
    asked: await applyFor(test, 'street_event_permit', { cookie }),
    decided: await applyFor(test, 'change_of_address', { cookie }),
    proposed: await applyFor(test, 'food_business_licence_renewal', { cookie }),
  }
  const act = (name: keyof typeof cases, kind: string, fields: Record<string, string>): Promise<void> =>
    actOnCase(test, sessions.officer, cases[name].caseId, kind, fields)
  await act('asked', 'request', { text: 'Please say how many tables there will be.' })
  for (const transition of ['start_review', 'grant']) await act('decided', 'step', { transition, text: 'All in order.' })
  for (const transition of ['start_review', 'grant_without_inspection'])
    await act('proposed', 'step', { transition, text: 'All in order.' })
  await act('open', 'note', { text: 'Seen the photo.' })
  await act('open', 'message', { text: 'We have it.' })
  const drafts = await Promise.all(
    ['street_event_permit', 'energy_cost_benefit', 'food_business_licence_renewal', 'visitor_tax_return', 'library_card'].map(
      async (service) => {
        const begun = await begin(call, service, cookie)
        await answerAll(call, begun.journey, begun.token, ({ id }) => (id === 'handling_changed' ? true : undefined))
        return { service, ...begun }
      },
    ),
  )
  const [withoutFile, withoutRows] = await Promise.all(
    ['street_event_permit', 'energy_cost_benefit'].map(async (service) => {
      const begun = await begin(call, service, cookie)
      await answerAll(call, begun.journey, begun.token)
      return begun.journey
    }),
  )
  await test.settle()
  const at = (service: string): string => `/apply/${drafts.find((draft) => draft.service === service)?.journey ?? ''}`
  const seen = (name: string, path: string, seat: Seat = 'resident', todo?: Template['act']): Template => ({ name, path, seat, act: todo })
  const pages: Template[] = [
    ...Object.entries(publicPages).map(([name, path]) => seen(name, path, null)),
    seen('sign in', '/sign-in', null),
    seen('sign in, wrong', '/sign-in', null, sendEmpty),
    seen('track, wrong', '/track', null, sendEmpty),
    seen('register, wrong', '/register', null, sendEmpty),
    ...(await Promise.all(drafts.map(({ service, journey, token }) => questionPages(test, service, journey, token)))).flat(),
    seen('question file, wrong', `/apply/${withoutFile ?? ''}/p/site_plan_page`, 'resident', sendWithoutParts),
    seen('question repeating_group, wrong', `/apply/${withoutRows ?? ''}/p/members_page`, 'resident', sendWithoutParts),
    seen('task list', at('energy_cost_benefit')),
    seen('row', `${at('energy_cost_benefit')}/p/members_page/members/0`),
    seen('row, wrong', `${at('energy_cost_benefit')}/p/members_page/members/0`, 'resident', sendEmpty),
    seen('check answers', `${at('street_event_permit')}/check`),
    seen('later', `${at('street_event_permit')}/later`),
    seen('resume', `/resume/${drafts[0]?.journey ?? ''}`),
    seen('done', `/apply/${cases.open.journey}/done`),
    seen('my', '/my'),
    seen('case, open', `/cases/${cases.open.reference}`),
    seen('case, information asked', `/cases/${cases.asked.reference}`),
    seen('case, decided', `/cases/${cases.decided.reference}`),
    seen('withdraw', `/cases/${cases.open.reference}/withdraw`),
    seen('queue', '/officer?queue=agency', 'officer'),
    seen('officer case', `/officer/cases/${cases.open.caseId}`, 'officer'),
    seen('officer case, decided', `/officer/cases/${cases.decided.caseId}`, 'officer'),
    seen('four eyes, proposed', `/officer/cases/${cases.proposed.caseId}`, 'officer'),
    seen('four eyes, to confirm', `/officer/cases/${cases.proposed.caseId}`, 'second'),
  ]
  return {
    pages: distinct(pages),
    async sit(context, seat) {
      const [name = '', value = ''] = sessions[seat].split('=')
      await context.addCookies([{ name, value, url: test.url, httpOnly: true, sameSite: 'Lax' }])
    },
  }
}

/** The page of every question that a journey comes by, as it is and with what is wrong. */
async function questionPages(test: TestApp, service: string, journey: string, token: string): Promise<Template[]> {
  const { pages } = test.app.catalogue.offer(service).definition.form
  const all = pages.map(async (page) => {
    const kinds = page.questions.map((question) => answerKind(question)).join(' and ')
    const path = `/apply/${journey}/p/${page.id}`
    const { body } = await send(test.url, { path, headers: { cookie: `stoa_journey=${token}` } })
    if (!body.includes('id="question-form"')) return []
    const wrong = page.questions.some((question) => question.kind === 'file' || question.kind === 'repeating_group')
      ? []
      : [{ name: `question ${kinds}, wrong`, path, act: sendEmpty }]
    return [{ name: `question ${kinds}`, path }, ...wrong].map((template) => ({ ...template, seat: 'resident' as const }))
  })
  return (await Promise.all(all)).flat()
}

/** The first page of each name. */
function distinct(pages: readonly Template[]): Template[] {
  return [...new Map(pages.toReversed().map((page) => [page.name, page])).values()].toReversed()
}

import type { FastifyReply, FastifyRequest } from 'fastify'
import { notFound } from '../../../kernel/problem.ts'
import { cleanText, type Words } from '../../../kernel/text.ts'
import { isUuid } from '../../../kernel/id.ts'
import { formOf, type RouteModule, seeOther, textOf } from '../../../platform/http/routes.ts'
import { type Platform } from '../../../platform/platform.ts'
import { type Pages, plainWords } from '../../../ui/index.ts'
import { allow, may } from '../../access/index.ts'
import { staffNames } from '../service.ts'
import { visitOf } from '../visit.ts'
import { type AgencyText, closeAgency, type Directory, keepAgenciesFresh, saveAgency } from './agencies.ts'
import { agenciesPage, type AgencyErrors, agencyForm, type TypedAgency } from './agencyviews.ts'
import { type Answers, grantsToReview, reviewGrants } from './service.ts'
import { staffCounts } from './store.ts'
import { reviewsPage } from './views.ts'

/** What the pages of reviews and agencies work with. */
export type GrantParts = {
  readonly platform: Platform
  readonly pages: Pages
  readonly directory: Directory
  /** The titles of the services that an agency offers. */
  readonly servicesOf: (agency: string) => readonly Words[]
}

const staff = { config: { access: 'staff' } } as const

/** The queue of reviews, and the agencies. */
export function grantRoutes(parts: GrantParts): RouteModule {
  return (app) => {
    const fresh = keepAgenciesFresh(parts.platform, parts.directory)
    app.addHook('onClose', async () => fresh.stop())
    reviewRoutes(parts)(app)
    agencyRoutes(parts)(app)
  }
}

function reviewRoutes({ platform, pages }: GrantParts): RouteModule {
  return (app) => {
    app.get('/admin/reviews', staff, async (request, reply) => {
      const { actor } = visitOf(platform, request)
      const view = pages.view(request)
      const items = await grantsToReview(platform, actor)
      const names = await staffNames(platform, [...new Set(items.map(({ grant }) => grant.accountId))])
      const [kept, ended] = ['kept', 'ended'].map((name) => Number(/^\d{1,4}$/.exec(textOf(request.query, name) ?? '')?.[0] ?? '-1'))
      const said =
        kept !== undefined && ended !== undefined && kept >= 0 && ended >= 0 ? view.t('identity.reviews.done', { kept, ended }) : null
      const main = reviewsPage(view, items, { names, administers: may(actor, 'identity.administer'), said })
      return pages.send(request, reply, { title: view.t('identity.reviews.title'), main, wide: true })
    })
    app.post('/admin/reviews', staff, async (request, reply) => {
      const { actor } = visitOf(platform, request)
      const { kept, ended } = await reviewGrants(platform, actor, answersIn(formOf(request)))
      return seeOther(reply, `/admin/reviews?kept=${kept}&ended=${ended}`)
    })
  }
}

function answersIn(form: ReturnType<typeof formOf>): Answers {
  return new Map(
    Object.entries(form).flatMap(([name, value]): Array<[string, 'keep' | 'end']> => {
      const id = name.startsWith('grant-') ? name.slice('grant-'.length) : ''
      return isUuid(id) && (value === 'keep' || value === 'end') ? [[id, value]] : []
    }),
  )
}

const DONE = new Set(['added', 'edited', 'closed', 'opened'])

type AgencyRoute = { Params: { id: string } }

function agencyRoutes(parts: GrantParts): RouteModule {
  const { platform, pages, directory, servicesOf } = parts
  const find = (id: string) => platform.city.agencies.find((each) => each.id === id)
  return (app) => {
    app.get('/admin/agencies', staff, async (request, reply) => {
      allow(visitOf(platform, request).actor, 'identity.administer')
      const view = pages.view(request)
      const done = textOf(request.query, 'done') ?? ''
      const said = DONE.has(done) ? view.t(`identity.agencies.done.${done}`) : null
      const counts = await staffCounts(platform.db, platform.now())
      const main = agenciesPage(view, platform.city.agencies, { counts, servicesOf, said })
      return pages.send(request, reply, { title: view.t('identity.agencies.title'), main, wide: true })
    })
    app.get('/admin/agencies/new', staff, async (request, reply) => {
      allow(visitOf(platform, request).actor, 'identity.administer')
      return showForm(parts, request, reply, { id: '', added: true, closed: false, text: emptyText() })
    })
    app.get<AgencyRoute>('/admin/agencies/:id', staff, async (request, reply) => {
      allow(visitOf(platform, request).actor, 'identity.administer')
      const agency = find(request.params.id)
      if (!agency) throw notFound('agency')
      return showForm(parts, request, reply, { id: agency.id, added: false, closed: agency.closed ?? false, text: agency })
    })
    app.post<AgencyRoute>('/admin/agencies/:id', staff, async (request, reply) => {
      const { actor } = visitOf(platform, request)
      allow(actor, 'identity.administer')
      const form = formOf(request)
      const added = request.params.id === 'new'
      const agency = added ? undefined : find(request.params.id)
      if (!added && !agency) throw notFound('agency')
      const typed: TypedAgency = {
        id: agency?.id ?? (textOf(form, 'id') ?? '').trim(),
        added,
        closed: agency?.closed ?? false,
        text: textFrom(form, platform.city.languages),
      }
      const errors = faults(pages.view(request).t, typed, platform.city.languages[0]?.tag ?? 'en')
      if (added && find(typed.id)) errors['id'] = pages.view(request).t('problem.identity.agency-taken')
      if (Object.keys(errors).length > 0) return showForm(parts, request, reply, typed, errors)
      await saveAgency(platform, directory, actor, typed.id, typed.text, added)
      return seeOther(reply, `/admin/agencies?done=${added ? 'added' : 'edited'}`)
    })
    for (const closed of [true, false]) {
      app.post<AgencyRoute>(`/admin/agencies/:id/${closed ? 'close' : 'open'}`, staff, async (request, reply) => {
        const { actor } = visitOf(platform, request)
        allow(actor, 'identity.administer')
        if (!find(request.params.id)) throw notFound('agency')
        await closeAgency(platform, directory, actor, request.params.id, closed)
        return seeOther(reply, `/admin/agencies?done=${closed ? 'closed' : 'opened'}`)
      })
    }
  }
}

function showForm(
  { pages }: GrantParts,
  request: FastifyRequest,
  reply: FastifyReply,
  typed: TypedAgency,
  errors: AgencyErrors = {},
): FastifyReply {
  const view = pages.view(request)
  const title = typed.added ? view.t('identity.agencies.add') : plainWords(view, typed.text.name)
  const count = Object.keys(errors).length
  const back = { href: '/admin/agencies', label: view.t('identity.agencies.title') }
  return pages.send(request, reply, { title, main: agencyForm(view, typed, errors), errors: count, back }, count > 0 ? 422 : 200)
}

function emptyText(): AgencyText {
  return { name: {}, about: {}, email: '', phone: '', address: {}, hours: {} }
}

function textFrom(form: ReturnType<typeof formOf>, languages: ReadonlyArray<{ tag: string }>): AgencyText {
  const plain = (name: string, most: number): string => cleanText(textOf(form, name) ?? '').slice(0, most)
  const words = (name: string): Words =>
    Object.fromEntries(
      languages.flatMap(({ tag }) => {
        const text = plain(`${name}-${tag}`, 1_000)
        return text === '' ? [] : [[tag, text]]
      }),
    )
  return {
    name: words('name'),
    about: words('about'),
    email: plain('email', 254),
    phone: plain('phone', 40),
    address: words('address'),
    hours: words('hours'),
  }
}

function faults(t: (key: string) => string, { id, added, text }: TypedAgency, first: string): Record<string, string> {
  const found: Record<string, string> = {}
  if (added && (!/^[a-z][a-z0-9_]{1,63}$/.test(id) || id === 'new')) found['id'] = t('identity.agencies.error.id')
  if (!text.name[first]) found[`name-${first}`] = t('identity.agencies.error.name')
  if (!/^[^\s@]{1,64}@[^\s@]+\.[^\s@]+$/.test(text.email)) found['email'] = t('identity.agencies.error.email')
  return found
}

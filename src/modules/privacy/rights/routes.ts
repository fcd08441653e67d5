import type { FastifyReply, FastifyRequest } from 'fastify'
import { parseReference } from '../../../kernel/id.ts'
import { notFound, Problem } from '../../../kernel/problem.ts'
import { cookie } from '../../../platform/http/security.ts'
import { formOf, type RouteModule, seeOther, textOf } from '../../../platform/http/routes.ts'
import { appendCookie } from '../../../platform/http/visit.ts'
import { plainWords, type Pages } from '../../../ui/index.ts'
import { reaches } from '../../access/index.ts'
import { type House, sendFile } from '../../cases/index.ts'
import { sessionCookie, sessionsOf, visitOf } from '../../identity/index.ts'
import { casePage, messagesPage, overviewPage, wordsOf } from './dataviews.ts'
import { type Eraser, eraseNow, planErasure } from './erase.ts'
import { erasedPage, erasePage } from './eraseviews.ts'
import { askForCopy, copiesOf, copyFile, copyFormats } from './export.ts'
import { fieldLabel } from './exportjson.ts'
import { copiesPage } from './exportviews.ts'
import { myCase, myData, myFile, myHolding, myMessages } from './mydata.ts'
import { askFor, takesRequests } from './requests.ts'
import { requestKinds } from './store.ts'

/** What these pages work with. */
export type RightsParts = Eraser & { readonly pages: Pages }

const signedIn = { config: { access: 'signed-in' } } as const
const open = { config: { access: 'public' } } as const

/** How long after signing in somebody may erase themselves without a surer sign-in. */
const FRESH_MS = 15 * 60_000

/** The pages on which people see, correct, download, restrict and erase what the city holds about them. */
export function rightsRoutes(parts: RightsParts): RouteModule {
  return (app) => {
    dataRoutes(parts)(app)
    copyRoutes(parts)(app)
    eraseRoutes(parts)(app)
  }
}

function dataRoutes({ house, pages }: RightsParts): RouteModule {
  const { platform } = house
  const showCase = async (request: FastifyRequest, reply: FastifyReply, reference: string, error: string | null): Promise<FastifyReply> => {
    const view = pages.view(request)
    const found = await myCase(house, visitOf(platform, request).actor, reference)
    return pages.send(
      request,
      reply,
      {
        title: plainWords(view, found.holding.service.definition.title),
        main: casePage(view, house, found, { asks: takesRequests(house), error }),
        back: { href: '/my/data' },
        errors: error === null ? 0 : 1,
      },
      error === null ? 200 : 422,
    )
  }
  return (app) => {
    app.get('/my/data', signedIn, async (request, reply) => {
      const view = pages.view(request)
      const found = await myData(house, visitOf(platform, request).actor)
      const main = overviewPage(view, house, found, takesRequests(house))
      return pages.send(request, reply, { title: view.t('privacy.data.title'), main, back: { href: '/my' }, wide: true })
    })
    app.get<{ Params: { reference: string } }>('/my/data/cases/:reference', signedIn, (request, reply) =>
      showCase(request, reply, request.params.reference, null),
    )
    app.get('/my/data/messages', signedIn, async (request, reply) => {
      const view = pages.view(request)
      const found = await myMessages(house, visitOf(platform, request).actor)
      return pages.send(request, reply, {
        title: view.t('privacy.data.messages'),
        main: messagesPage(view, found),
        back: { href: '/my/data' },
      })
    })
    app.get<{ Params: { file: string } }>('/my/data/files/:file', signedIn, async (request, reply) =>
      sendFile(reply, await myFile(house, visitOf(platform, request).actor, request.params.file)),
    )
    app.post('/my/data/requests', signedIn, async (request, reply) => {
      const view = pages.view(request)
      const { actor, language } = visitOf(platform, request)
      const form = formOf(request)
      const kind = requestKinds.find((each) => each === textOf(form, 'kind'))
      const reference = textOf(form, 'reference')
      const field = textOf(form, 'field')
      if (kind === undefined && reference !== null && parseReference(reference) !== null)
        return showCase(request, reply, reference, view.t('privacy.data.ask.needed'))
      if (kind === undefined) throw notFound('request')
      const about = await aboutOf(house, request, reference, field)
      return seeOther(reply, `/apply/${await askFor(house, actor, kind, about, language)}`)
    })
  }
  async function aboutOf(
    at: House,
    request: FastifyRequest,
    reference: string | null,
    field: string | null,
  ): Promise<{ name: string; caseId?: string; field?: string }> {
    const view = pages.view(request)
    const { actor } = visitOf(platform, request)
    if (reference !== null) {
      const { current, service } = await myHolding(at, actor, reference)
      return { name: `${plainWords(view, service.definition.title)}, ${current.reference}`, caseId: current.id }
    }
    if (field === null || !/^[a-z_]{1,60}$/.test(field)) throw notFound('request')
    return { name: fieldLabel(wordsOf(view), field), field }
  }
}

function copyRoutes({ house, pages }: RightsParts): RouteModule {
  const { platform } = house
  return (app) => {
    app.get('/my/data/export', signedIn, async (request, reply) => {
      const view = pages.view(request)
      const copies = await copiesOf(platform, visitOf(platform, request).actor)
      const main = copiesPage(view, copies, platform.now(), textOf(request.query, 'done') === 'asked')
      return pages.send(request, reply, { title: view.t('privacy.export.title'), main, back: { href: '/my/data' } })
    })
    app.post('/my/data/export', signedIn, async (request, reply) => {
      const { actor, language } = visitOf(platform, request)
      await askForCopy(platform, actor, language)
      return seeOther(reply, '/my/data/export?done=asked')
    })
    app.get<{ Params: { id: string; format: string } }>('/my/data/export/:id/:format', signedIn, async (request, reply) => {
      const format = copyFormats.find((each) => each === request.params.format)
      if (!format) throw notFound('copy')
      return sendFile(reply, await copyFile(platform, visitOf(platform, request).actor, request.params.id, format))
    })
  }
}

function eraseRoutes(parts: RightsParts): RouteModule {
  const { house, pages } = parts
  const { platform } = house
  const fresh = async (request: FastifyRequest): Promise<boolean> => {
    const { actor, session } = visitOf(platform, request)
    if (reaches(actor.level, 'substantial')) return true
    const current = (await sessionsOf(platform, actor, session?.id ?? null)).find((each) => each.current)
    return current !== undefined && platform.now().getTime() - current.began.getTime() <= FRESH_MS
  }
  const show = async (request: FastifyRequest, reply: FastifyReply, error: string | null): Promise<FastifyReply> => {
    const view = pages.view(request)
    const plan = await planErasure(house, visitOf(platform, request).actor)
    const done = textOf(request.query, 'done') === 'part'
    const main = erasePage(view, { plan, asks: takesRequests(house), error, signInFirst: !(await fresh(request)), done })
    const page = { title: view.t('privacy.erase.title'), main, back: { href: '/my/data' }, errors: error === null ? 0 : 1 }
    return pages.send(request, reply, page, error === null ? 200 : 422)
  }
  return (app) => {
    app.get('/my/data/erase', signedIn, (request, reply) => show(request, reply, null))
    app.post('/my/data/erase', signedIn, async (request, reply) => {
      const view = pages.view(request)
      const { actor } = visitOf(platform, request)
      if (!(await fresh(request))) throw new Problem('privacy.sign-in-again', 403, 'Sign in again first, then erase your data.')
      const typed = (textOf(formOf(request), 'word') ?? '').trim().toLocaleLowerCase(view.locale)
      if (typed !== view.t('privacy.erase.word').toLocaleLowerCase(view.locale))
        return show(request, reply, view.t('privacy.erase.wrong_word', { word: view.t('privacy.erase.word') }))
      if (!(await eraseNow(parts, actor))) return seeOther(reply, '/my/data/erase?done=part')
      appendCookie(reply, cookie(sessionCookie(platform), '', { https: platform.publicOrigin.startsWith('https:'), maxAge: 0 }))
      return seeOther(reply, '/my/data/erased')
    })
    app.get('/my/data/erased', open, (request, reply) => {
      const view = pages.view(request)
      return pages.send(request, reply, { title: view.t('privacy.erase.done.title'), main: erasedPage(view) })
    })
  }
}

import type { FastifyReply, FastifyRequest } from 'fastify'
import { parseReference } from '../../kernel/id.ts'
import { notFound, Problem } from '../../kernel/problem.ts'
import { cleanText } from '../../kernel/text.ts'
import { formOf, type RouteModule, seeOther, textOf } from '../../platform/http/routes.ts'
import { allow } from '../access/index.ts'
import { visitOf } from '../identity/index.ts'
import { confirmAtCounter, counterLetter, counterMandate, endAtCounter, makeLetter, type Papers, paperPresence } from './office.ts'
import type { RepresentationParts } from './parts.ts'
import { statusToday } from './service.ts'
import { codeCard } from './views/help.ts'
import { counterPage, findPage, letterPage } from './views/office.ts'

const staff = { config: { access: 'staff' } } as const
const PATH = '/officer/mandates'

type ReferenceRoute = { Params: { reference: string } }

/** Mandates at the counter: a request is found by its reference, confirmed on papers, or its letter is printed. */
export function officeRoutes(parts: RepresentationParts): RouteModule {
  const { house, pages } = parts
  const { platform } = house
  return (app) => {
    app.get(PATH, staff, (request, reply) => {
      allow(visitOf(platform, request).actor, 'mandates.confirm')
      return showFind(parts, request, reply, '', {})
    })
    app.post(PATH, staff, (request, reply) => {
      allow(visitOf(platform, request).actor, 'mandates.confirm')
      const typed = (textOf(formOf(request), 'reference') ?? '').slice(0, 40)
      const reference = parseReference(typed)
      if (reference !== null) return seeOther(reply, `${PATH}/${reference}`)
      return showFind(parts, request, reply, typed, { reference: pages.view(request).t('representation.error.reference') }, 422)
    })
    app.get<ReferenceRoute>(`${PATH}/:reference`, staff, (request, reply) => showCounter(parts, request, reply, NO_PAPERS, {}))
    app.post<ReferenceRoute>(`${PATH}/:reference/confirm`, staff, (request, reply) =>
      act(parts, request, reply, async (papers) => {
        await confirmAtCounter(platform, visitOf(platform, request).actor, referenceOf(request), papers)
        return `${PATH}/${referenceOf(request)}`
      }),
    )
    app.post<ReferenceRoute>(`${PATH}/:reference/letter`, staff, (request, reply) =>
      act(parts, request, reply, async (papers) => {
        await makeLetter(platform, visitOf(platform, request).actor, referenceOf(request), papers)
        return `${PATH}/${referenceOf(request)}/letter`
      }),
    )
    app.post<ReferenceRoute>(`${PATH}/:reference/end`, staff, async (request, reply) => {
      await endAtCounter(platform, visitOf(platform, request).actor, referenceOf(request))
      return seeOther(reply, `${PATH}/${referenceOf(request)}`)
    })
    app.get<ReferenceRoute>(`${PATH}/:reference/letter`, staff, async (request, reply) => {
      const view = pages.view(request)
      const letter = await counterLetter(platform, visitOf(platform, request).actor, referenceOf(request))
      const main = letterPage(view, house.catalogue, letter)
      return pages.send(request, reply, {
        title: view.t('representation.letter'),
        main,
        back: { href: `${PATH}/${letter.mandate.reference}` },
      })
    })
    paperCodes(parts)(app)
  }
}

function referenceOf(request: FastifyRequest<ReferenceRoute>): string {
  const reference = parseReference(request.params.reference)
  if (reference === null) throw notFound('mandate')
  return reference
}

function showFind(
  { pages }: RepresentationParts,
  request: FastifyRequest,
  reply: FastifyReply,
  typed: string,
  errors: Readonly<Record<string, string>>,
  status = 200,
): FastifyReply {
  const view = pages.view(request)
  const page = { title: view.t('representation.office.title'), main: findPage(view, typed, errors), errors: Object.keys(errors).length }
  return pages.send(request, reply, page, status)
}

const NO_PAPERS: Papers = { name: '', register: '', address: '' }

async function showCounter(
  { house, pages }: RepresentationParts,
  request: FastifyRequest<ReferenceRoute>,
  reply: FastifyReply,
  typed: Papers,
  errors: Readonly<Record<string, string>>,
  status = 200,
): Promise<FastifyReply> {
  const view = pages.view(request)
  const found = await counterMandate(house.platform, visitOf(house.platform, request).actor, referenceOf(request))
  const main = counterPage(view, house.catalogue, found, { typed, errors, status: statusToday(house.platform, found.mandate) })
  const path = `${PATH}/${found.mandate.reference}`
  const page = { title: found.mandate.reference, main, path, errors: Object.keys(errors).length, back: { href: PATH } }
  return pages.send(request, reply, page, status)
}

/** Reads what the papers say, does what was asked, and shows the page again when something is missing. */
async function act(
  parts: RepresentationParts,
  request: FastifyRequest<ReferenceRoute>,
  reply: FastifyReply,
  work: (papers: Papers) => Promise<string>,
): Promise<FastifyReply> {
  const { platform } = parts.house
  const { t } = parts.pages.view(request)
  const form = formOf(request)
  const found = await counterMandate(platform, visitOf(platform, request).actor, referenceOf(request))
  const text = (name: string): string => cleanText(textOf(form, name) ?? '').slice(0, 300)
  const papers: Papers = { name: text('name'), register: text('register'), address: text('address') }
  const unknown = found.mandate.person_id === null
  const errors = {
    ...(unknown && papers.name === '' ? { name: t('representation.error.name') } : {}),
    ...(unknown && found.mandate.kind === 'company' && papers.register === '' ? { register: t('representation.error.register') } : {}),
    ...(textOf(form, 'seen') === 'yes' ? {} : { seen: t('representation.error.seen') }),
  }
  if (Object.keys(errors).length > 0) return showCounter(parts, request, reply, papers, errors, 422)
  try {
    return seeOther(reply, await work(papers))
  } catch (error) {
    if (!(error instanceof Problem) || (error.status !== 422 && error.status !== 409)) throw error
    return showCounter(parts, request, reply, papers, { name: t(`problem.${error.code}`) }, error.status)
  }
}

/** Presence codes on paper, for somebody at the counter without e-mail or telephone. */
function paperCodes(parts: RepresentationParts): RouteModule {
  const { house, pages } = parts
  return (app) => {
    app.post(`${PATH}/presence`, staff, async (request, reply) => {
      const { actor } = visitOf(house.platform, request)
      const view = pages.view(request)
      const form = formOf(request)
      const typed = (textOf(form, 'case') ?? '').slice(0, 40)
      const reference = parseReference(typed)
      const errors = {
        ...(reference === null ? { case: view.t('representation.error.reference') } : {}),
        ...(textOf(form, 'seen') === 'yes' ? {} : { 'seen-person': view.t('representation.error.seen') }),
      }
      if (reference === null || Object.keys(errors).length > 0) return showFind(parts, request, reply, '', errors, 422)
      try {
        const code = await paperPresence(house, actor, reference)
        return pages.send(request, reply, {
          title: view.t('representation.presence.title'),
          main: codeCard(view, code, null),
          back: { href: PATH },
        })
      } catch (error) {
        if (!(error instanceof Problem) || (error.status !== 404 && error.status !== 409)) throw error
        const text = view.t(error.status === 404 ? 'representation.error.no_case' : `problem.${error.code}`)
        return showFind(parts, request, reply, '', { case: text }, error.status === 404 ? 422 : 409)
      }
    })
  }
}

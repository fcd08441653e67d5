import { parseReference } from '../../kernel/id.ts'
import { formOf, type RouteModule, seeOther, textOf } from '../../platform/http/routes.ts'
import { button, day, errorSummary, html, type Html, textField, type View, words } from '../../ui/index.ts'
import { getCase, trackingCode } from '../cases/index.ts'
import { holding, reaches } from '../access/index.ts'
import { limitAttempts, signInAddress, speakAlso, visitOf } from '../identity/index.ts'
import { filesOf } from './files.ts'
import { sendResumeLink } from './resume.ts'
import { firstPath, type JourneyParams, type JourneyParts, journeyActor, keepToken, openFor, refuseAway } from './visitor.ts'
import { feeBefore, isPaying } from './fee.ts'
import { sendJourney } from './payfirst.ts'
import { keepCase, payRoutes } from './payroutes.ts'
import { fitsResumeCode, getJourney } from './service.ts'
import { journeyToken } from './tokens.ts'
import { checkPage, donePage } from './views/check.ts'

/** Checking, sending, the confirmation; coming back later. */
export function endRoutes(parts: JourneyParts): RouteModule {
  const { house, pages } = parts
  const { platform } = house
  const open = { config: { access: 'public' } } as const
  return (app) => {
    app.get<JourneyParams>('/apply/:id/check', open, async (request, reply) => {
      const opened = await openFor(parts, request)
      if (opened.journey.state === 'submitted') return seeOther(reply, `/apply/${opened.journey.id}/done`)
      if (!opened.evaluation.complete) return seeOther(reply, firstPath(opened))
      const view = pages.view(request)
      const last = opened.evaluation.pages.at(-1)
      return pages.send(request, reply, {
        title: view.t('journeys.check.title'),
        main: checkPage(view, opened, await filesOf(house, opened), {
          key: opened.journey.submission_key,
          signsIn: !reaches(visitOf(platform, request).actor.level, opened.service.definition.assurance),
          pays: parts.fee ? feeBefore(opened) : null,
          paying: isPaying(opened.journey),
          notEnded: textOf(request.query, 'ended') === 'no',
        }),
        back: { href: last ? `/apply/${opened.journey.id}/p/${last.id}` : `/apply/${opened.journey.id}` },
      })
    })
    app.post<JourneyParams>('/apply/:id/submit', open, async (request, reply) => {
      const actor = await journeyActor(parts, request)
      const { id } = request.params
      const key = textOf(formOf(request), 'key') ?? ''
      const journey = await getJourney(platform, actor, id)
      if (journey.state === 'open') {
        const opened = await openFor(parts, request)
        if (!opened.evaluation.complete) return seeOther(reply, firstPath(opened))
        const needs = opened.service.definition.assurance
        // the journey's own address, which takes it into the account and leads back to the check page
        if (!reaches(actor.level, needs)) return seeOther(reply, signInAddress(`/apply/${id}`, needs))
        const sent = await sendJourney(house, parts.fee, actor, id, key || journey.submission_key)
        if ('standing' in sent) return seeOther(reply, sent.standing.path)
        keepCase(parts, reply, sent.receipt)
      }
      return seeOther(reply, `/apply/${id}/done`)
    })
    app.get<JourneyParams>('/apply/:id/done', open, async (request, reply) => {
      const actor = await journeyActor(parts, request)
      const journey = await getJourney(platform, actor, request.params.id)
      refuseAway(actor, journey)
      if (!journey.case_id) return seeOther(reply, `/apply/${journey.id}`)
      const current = await getCase(platform, journey.case_id)
      const service = await house.catalogue.version(platform, journey.service_id, journey.version)
      speakAlso(platform, request, service.definition.languages)
      const view = pages.view(request)
      const main = donePage(view, {
        title: words(view, service.definition.title),
        reference: current.reference,
        code: trackingCode(platform, current.id),
        deadline: current.deadline && current.closed_at === null ? day(view, current.deadline) : null,
        decided: current.closed_at !== null,
        account: journey.account_id !== null,
        // this page shows the code of the case, so whoever sees it holds the case too
        money: (await parts.money?.(holding(actor, current.id), view, current)) ?? [],
      })
      return pages.send(request, reply, { title: view.t('journeys.done.title'), main })
    })
    payRoutes(parts)(app)
    laterRoutes(parts)(app)
    resumeRoutes(parts)(app)
  }
}

function laterRoutes(parts: JourneyParts): RouteModule {
  const { house, pages } = parts
  const open = { config: { access: 'public' } } as const
  return (app) => {
    app.get<JourneyParams>('/apply/:id/later', open, async (request, reply) => {
      const journey = await getJourney(house.platform, await journeyActor(parts, request), request.params.id)
      const view = pages.view(request)
      return pages.send(request, reply, {
        title: view.t('journeys.later.title'),
        main: laterPage(view, journey, '', null),
        back: { href: `/apply/${journey.id}` },
      })
    })
    app.post<JourneyParams>('/apply/:id/later', open, async (request, reply) => {
      const actor = await journeyActor(parts, request)
      const journey = await getJourney(house.platform, actor, request.params.id)
      // an account's is found again by signing in; a code of it is sent to nobody
      if (journey.account_id !== null) return seeOther(reply, `/apply/${journey.id}/later`)
      const view = pages.view(request)
      const email = (textOf(formOf(request), 'email') ?? '').trim()
      if (!/^[^\s@]{1,64}@[^\s@]+\.[^\s@]+$/.test(email) || email.length > 254) {
        const main = laterPage(view, journey, email, view.t('identity.error.email'))
        return pages.send(request, reply, { title: view.t('journeys.later.title'), main, errors: 1 }, 422)
      }
      await limitAttempts(house.platform, `later:${journey.id}`, { max: 5, minutes: 60 })
      await sendResumeLink(house, actor, journey.id, email, view.t, view.locale)
      const main = html`<h1>${view.t('journeys.later.sent')}</h1>
        <p class="st-lead">${view.t('journeys.later.sent_text')}</p>
        <p><a class="ds-link" href="/apply/${journey.id}">${view.t('journeys.go_on')}</a></p>`
      return pages.send(request, reply, { title: view.t('journeys.later.sent'), main })
    })
  }
}

function laterPage(
  view: View,
  journey: { id: string; account_id: string | null; expires_on: Parameters<typeof day>[1] },
  typed: string,
  error: string | null,
): Html {
  const { t } = view
  const until = html`<p>${t('journeys.later.until')} <strong>${day(view, journey.expires_on)}</strong></p>`
  if (journey.account_id !== null) {
    return html`<h1>${t('journeys.later.title')}</h1>
      <p class="st-lead">${t('journeys.later.account')}</p>
      ${until}
      <p><a class="ds-link" href="/my">${t('journeys.later.my')}</a></p>`
  }
  return html` ${errorSummary(view, error ? [{ href: '#email', text: error }] : [])}
    <h1>${t('journeys.later.title')}</h1>
    <p class="st-lead">${t('journeys.later.lead')}</p>
    ${until}
    <form method="post" action="/apply/${journey.id}/later" novalidate class="st-form">
      ${textField({ id: 'email', name: 'email', label: t('identity.email'), type: 'email', autocomplete: 'email', value: typed, error: error ?? undefined })}
      ${button(t('journeys.later.send'))}
    </form>
    <p><a class="ds-link" href="/sign-in?next=/apply/${journey.id}">${t('journeys.later.sign_in')}</a></p>`
}

function resumeRoutes(parts: JourneyParts): RouteModule {
  const { house, pages } = parts
  const open = { config: { access: 'public' } } as const
  return (app) => {
    app.get<JourneyParams>('/resume/:id', open, (request, reply) => {
      const view = pages.view(request)
      return pages.send(request, reply, { title: view.t('journeys.resume.title'), main: resumePage(view, request.params.id, null) })
    })
    app.post<JourneyParams>('/resume/:id', open, async (request, reply) => {
      const { id } = request.params
      const view = pages.view(request)
      await limitAttempts(house.platform, `resume:${request.ip}`, { max: 40, minutes: 15 })
      await limitAttempts(house.platform, `resume:${id.slice(0, 40)}`, { max: 10, minutes: 15 })
      const typed = textOf(formOf(request), 'code') ?? ''
      if (!/^[0-9a-f-]{36}$/.test(id) || !fitsResumeCode(house.platform, id, typed)) {
        const error = view.t(parseReference(typed) ? 'journeys.resume.not_reference' : 'journeys.resume.wrong')
        return pages.send(request, reply, { title: view.t('journeys.resume.title'), main: resumePage(view, id, error), errors: 1 }, 422)
      }
      keepToken(parts, reply, id, journeyToken(house.platform, id), false)
      return seeOther(reply, `/apply/${id}`)
    })
  }
}

function resumePage(view: View, id: string, error: string | null): Html {
  return html` ${errorSummary(view, error ? [{ href: '#code', text: error }] : [])}
    <h1>${view.t('journeys.resume.title')}</h1>
    <form method="post" action="/resume/${id}" novalidate class="st-form">
      ${textField({ id: 'code', name: 'code', label: view.t('journeys.resume.code'), hint: view.t('journeys.resume.hint'), autocomplete: 'one-time-code', spellcheck: false, error: error ?? undefined, width: 'm' })}
      ${button(view.t('journeys.resume.submit'))}
    </form>`
}

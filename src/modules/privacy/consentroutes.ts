import type { FastifyRequest } from 'fastify'
import { cookie } from '../../platform/http/security.ts'
import { formOf, type RouteModule, seeOther, textOf } from '../../platform/http/routes.ts'
import { appendCookie, pathOf } from '../../platform/http/visit.ts'
import { alert, type Content, html, type View } from '../../ui/index.ts'
import { visitOf } from '../identity/index.ts'
import { ownPerson } from './access.ts'
import { type Choices, CHOICES_COOKIE, choicesOf, choose, effective, heed, keptChoices, signalsOf } from './choices.ts'
import { askedConsent, consentLedger, consentStates, giveConsent, withdrawConsent } from './consent.ts'
import { choicesView, consentsView } from './consentviews.ts'
import type { PrivacyParts } from './parts.ts'

const signedIn = { config: { access: 'signed-in' } } as const
const open = { config: { access: 'public' } } as const
const YEAR = 365 * 86_400

/** Since when this site says that it heeds the signal (Global Privacy Control, `gpc.json`). */
const GPC_SINCE = '2026-11-23'

/** Consents, choices, and the signal of the browser. */
export function consentRoutes(parts: PrivacyParts): RouteModule {
  return (app) => {
    heedSignals(parts)(app)
    consentPages(parts)(app)
    choicePages(parts)(app)
    app.get('/.well-known/gpc.json', { config: { access: 'public', api: true } }, () => ({ gpc: true, lastUpdate: GPC_SINCE }))
  }
}

/** Whoever has signed in and sends a signal, or chose before signing in, has it written down on their own pages. */
function heedSignals({ house: { platform } }: PrivacyParts): RouteModule {
  return (app) => {
    app.addHook('preHandler', async (request) => {
      if (request.method !== 'GET' || !/^\/my(\/|$)/.test(pathOf(request)) || request.routeOptions.config.access === undefined) return
      const { session, actor } = visitOf(platform, request)
      const signals = signalsOf(request)
      const says = signals.gpc || signals.kept.no_sharing || signals.kept.limit_sensitive
      if (says && session !== null && actor.acting === null && actor.personId !== null) await heed(platform, actor, signals)
    })
  }
}

function consentPages({ house: { platform }, pages }: PrivacyParts): RouteModule {
  return (app) => {
    app.get('/my/consents', signedIn, async (request, reply) => {
      const view = pages.view(request)
      const { actor, language } = visitOf(platform, request)
      const personId = ownPerson(actor)
      for (const consent of platform.city.consents) await askedConsent(platform, actor, consent.id, language)
      const [states, ledger, stored] = await Promise.all([
        consentStates(platform, actor),
        consentLedger(platform, actor),
        choicesOf(platform, personId),
      ])
      const notShared = effective(stored, signalsOf(request)).no_sharing
      return pages.send(request, reply, {
        title: view.t('privacy.consents.title'),
        main: consentsView(view, states, ledger, notShared, doneText(view, request, ['given', 'withdrawn'])),
        back: { href: '/my' },
      })
    })
    app.post('/my/consents', signedIn, async (request, reply) => {
      const { actor, language } = visitOf(platform, request)
      const form = formOf(request)
      const consent = textOf(form, 'consent') ?? ''
      const gives = textOf(form, 'act') === 'give'
      if (gives) await giveConsent(platform, actor, consent, textOf(form, 'wording') ?? '', language)
      else await withdrawConsent(platform, actor, consent, language)
      return seeOther(reply, `/my/consents?done=${gives ? 'given' : 'withdrawn'}`)
    })
  }
}

function choicePages({ house: { platform }, pages }: PrivacyParts): RouteModule {
  return (app) => {
    app.get('/my/privacy-choices', open, async (request, reply) => {
      const view = pages.view(request)
      const { session, actor } = visitOf(platform, request)
      const signals = signalsOf(request)
      const stored = session === null ? null : await choicesOf(platform, ownPerson(actor))
      return pages.send(request, reply, {
        title: view.t('privacy.choices.title'),
        main: choicesView(view, effective(stored, signals), signals, session !== null, doneText(view, request, ['saved'])),
        back: { href: session === null ? '/privacy' : '/my' },
      })
    })
    app.post('/my/privacy-choices', open, async (request, reply) => {
      const { session, actor } = visitOf(platform, request)
      const wanted = chosenIn(request)
      if (session !== null) await choose(platform, actor, wanted)
      // the browser keeps them too: what holds after signing out is what was chosen last
      const https = platform.publicOrigin.startsWith('https:')
      const value = keptChoices(wanted)
      appendCookie(reply, cookie(CHOICES_COOKIE, value, { https, maxAge: value === '' ? 0 : YEAR }))
      return seeOther(reply, '/my/privacy-choices?done=saved')
    })
  }
}

/** The choices of the form; the browser's signal stands, whatever the form says. */
function chosenIn(request: FastifyRequest): Choices {
  const given = formOf(request)['choice']
  const names = Array.isArray(given) ? given : [given ?? '']
  return { no_sharing: names.includes('no_sharing') || signalsOf(request).gpc, limit_sensitive: names.includes('limit_sensitive') }
}

function doneText(view: View, request: FastifyRequest, known: readonly string[]): Content {
  const done = known.find((each) => each === textOf(request.query, 'done'))
  return done ? alert('success', null, html`<p role="status">${view.t(`privacy.done.${done}`)}</p>`) : null
}

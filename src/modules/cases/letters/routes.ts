import type { FastifyReply, FastifyRequest } from 'fastify'
import { normaliseCode } from '../../../kernel/id.ts'
import { formatDay, type PlainDate } from '../../../kernel/time.ts'
import { formOf, type RouteModule, textOf } from '../../../platform/http/routes.ts'
import { today } from '../../../platform/platform.ts'
import { alert, button, errorSummary, html, type Html, type Pages, textField, type View } from '../../../ui/index.ts'
import { limitAttempts } from '../../identity/index.ts'
import type { House } from '../house.ts'
import { letterByCode, type LetterRow } from '../store.ts'
import { CHECK_PATH } from './compose.ts'

/** Where anybody asks whether a letter is genuine; it never says whose it is or what it is about. */
export function letterRoutes(house: House, pages: Pages): RouteModule {
  const { platform } = house
  const show = (request: FastifyRequest, reply: FastifyReply, error: string | null, status = 200): FastifyReply => {
    const view = pages.view(request)
    return pages.send(
      request,
      reply,
      { title: view.t('cases.letter.check.title'), main: checkForm(view, error), errors: error ? 1 : 0 },
      status,
    )
  }
  return (app) => {
    app.get(CHECK_PATH, { config: { access: 'public' } }, (request, reply) => show(request, reply, null))
    app.post(CHECK_PATH, { config: { access: 'public' } }, async (request, reply) => {
      await limitAttempts(platform, `check:${request.ip}`, { max: 60, minutes: 15 })
      const view = pages.view(request)
      const code = normaliseCode((textOf(formOf(request), 'code') ?? '').slice(0, 100))
      const letter = await letterByCode(platform.db, platform.keys.token(`letter:${code}`))
      if (!letter) return show(request, reply, view.t('cases.letter.check.wrong'), 422)
      return pages.send(request, reply, {
        title: view.t('cases.letter.check.title'),
        main: answer(view, letter, today(platform)),
        back: { href: CHECK_PATH },
      })
    })
  }
}

/** How a letter stands on a day. */
export function standing(
  letter: Pick<LetterRow, 'revoked_at' | 'suspended_at' | 'valid_from' | 'valid_until'>,
  day: PlainDate,
): 'revoked' | 'suspended' | 'early' | 'expired' | 'valid' {
  if (letter.revoked_at !== null) return 'revoked'
  if (letter.valid_until !== null && letter.valid_until < day) return 'expired'
  if (letter.suspended_at !== null) return 'suspended'
  return letter.valid_from !== null && letter.valid_from > day ? 'early' : 'valid'
}

function checkForm(view: View, error: string | null): Html {
  const { t } = view
  return html` ${errorSummary(view, error ? [{ href: '#code', text: error }] : [])}
    <h1>${t('cases.letter.check.title')}</h1>
    <p class="st-lead">${t('cases.letter.check.lead')}</p>
    <form method="post" novalidate class="st-form" action="${CHECK_PATH}">
      ${textField({
        id: 'code',
        name: 'code',
        label: t('cases.letter.check.code'),
        hint: t('cases.letter.check.code.hint'),
        error,
        dir: 'ltr',
        width: 'm',
        maxlength: 40,
        spellcheck: false,
        attributes: { 'data-from-fragment': '' },
      })}
      ${button(t('cases.letter.check.submit'))}
    </form>`
}

function answer(view: View, letter: LetterRow, day: PlainDate): Html {
  const { t } = view
  const found = standing(letter, day)
  const values = {
    from: letter.valid_from ? formatDay(letter.valid_from, view.locale) : '',
    until: letter.valid_until ? formatDay(letter.valid_until, view.locale) : '',
  }
  const detail = found === 'valid' && letter.valid_until ? 'until' : 'text'
  return html` <h1>${t('cases.letter.check.title')}</h1>
    ${alert(found === 'valid' ? 'success' : 'warning', t(`cases.letter.check.${found}`), html`<p>${t(`cases.letter.check.${found}.${detail}`, values)}</p>`)}
    <p><a class="ds-link" href="${CHECK_PATH}">${t('cases.letter.check.again')}</a></p>`
}

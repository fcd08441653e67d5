import { button, dataTable, html, type Html, instant, linkButton, money, plainWords, radios, tag, type View } from '../../../../ui/index.ts'
import { textOf } from '../../../../platform/http/routes.ts'
import { type Refused, refusedSummary } from '../../office.ts'
import type { Till } from '../../rules/moneyin.ts'
import type { Session } from '../store.ts'
import { countFields } from './count.ts'

/** The tills of an officer: which are open, and the last that were closed. `rules` are all tills of the city. */
export type TillDesk = {
  readonly tills: readonly Till[]
  readonly rules: readonly Till[]
  readonly open: readonly Session[]
  readonly closed: readonly Session[]
  readonly own: Session | null
  readonly form: unknown
  readonly refused: Refused | null
}

/** The counter's first page: the open till, or a till to open. */
export function deskPage(view: View, desk: TillDesk): Html {
  const { t } = view
  const free = desk.tills.filter((till) => !desk.open.some((session) => session.till === till.id))
  return html`${refusedSummary(view, desk.refused)}
    <h1>${t('payments.till.title')}</h1>
    ${
      desk.own
        ? html`<p>${t('payments.till.yours')} <strong>${nameOf(view, desk.rules, desk.own.till)}</strong></p>
            ${linkButton(`/officer/money/till/${desk.own.id}`, t('payments.till.go_on'))}`
        : free.length === 0
          ? html`<p>${t('payments.till.none_free')}</p>`
          : openForm(view, desk, free)
    }
    <h2>${t('payments.till.sessions')}</h2>
    ${sessions(view, desk)}`
}

/** A till's name for this reader; its id when the city's file does not have it any more. */
export function nameOf(view: View, tills: readonly Till[], id: string): string {
  const till = tills.find((each) => each.id === id)
  return till ? plainWords(view, till.name) : id
}

function openForm(view: View, { form, refused }: TillDesk, free: readonly Till[]): Html {
  const { t } = view
  return html`<h2>${t('payments.till.open.title')}</h2>
    <form method="post" action="/officer/money/till" class="st-form" novalidate>
      ${radios({
        id: 'till',
        name: 'till',
        label: t('payments.till.open.which'),
        options: free.map((till) => ({ value: till.id, label: plainWords(view, till.name) })),
        value: textOf(form, 'till') ?? (free.length === 1 ? (free[0]?.id ?? null) : null),
        error: refused?.field === 'till' ? refused.text : undefined,
      })}
      ${countFields(view, form, refused?.field === 'sum' ? refused.text : undefined)} ${button(t('payments.till.open.send'))}
    </form>`
}

function sessions(view: View, { open, closed, rules }: TillDesk): Html {
  const { t } = view
  const all = [...open, ...closed]
  if (all.length === 0) return html`<p>${t('payments.till.no_sessions')}</p>`
  return dataTable({
    id: 'sessions',
    caption: t('payments.till.sessions'),
    captionHidden: true,
    head: [t('payments.till.till'), t('payments.till.opened'), t('payments.till.state'), t('payments.till.difference')],
    numeric: [3],
    rows: all.map((session) => [
      html`<a class="ds-link" href="${`/officer/money/till/${session.id}`}">${nameOf(view, rules, session.till)}</a>`,
      instant(view, session.opened_at),
      tag(t(`payments.till.state_${session.state}`), session.state === 'open' ? 'info' : 'neutral'),
      session.closing_difference === null ? '–' : money(view, { amount: session.closing_difference, currency: session.currency }),
    ]),
  })
}

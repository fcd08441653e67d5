import {
  button,
  type Content,
  day,
  errorSummary,
  fileField,
  html,
  type Html,
  radios,
  textArea,
  textField,
  PICTURES,
  type View,
} from '../../../../ui/index.ts'
import type { PlainDate } from '../../../../kernel/time.ts'
import { draftLimits } from '../../ask/draft.ts'
import { isOpen, type Report } from '../../report.ts'
import type { Holder } from '../holder.ts'
import { reportPath } from '../paths.ts'
import { concernReasons } from '../store.ts'

/** What was refused on the page: in which form and field, in words, with what was typed. */
export type Refused = {
  readonly form: 'answer' | 'follow' | 'concern'
  readonly field: string
  readonly text: string
  readonly typed: string
}

/** About which report "is it fixed?" is asked: the report itself, or the one that it is a duplicate of; and the day. */
export type Asked = { readonly about: Report; readonly today: PlainDate }

/** The list of what is wrong, above the page. */
export function refusedSummary(view: View, refused: Refused | null): Content {
  return refused ? errorSummary(view, [{ href: `#${refused.field}`, text: refused.text }]) : null
}

/** What a reader can do with a report: say whether it is fixed, hear of it. */
export function reportActs(view: View, report: Report, asked: Asked, holder: Holder, refused: Refused | null): Content {
  return html`${answer(view, report, asked, holder, refused)} ${follow(view, report, holder, refused)}`
}

/** "Is it fixed?", for those who reported or follow it; after it was confirmed, only "no", as long as that opens it again. */
function answer(view: View, report: Report, { about, today }: Asked, { follower }: Holder, refused: Refused | null): Content {
  const until = about.closure?.outcome === 'fixed' ? about.checking_until : null
  const contested = until !== null && until >= today
  const checking = about.state === 'checking'
  if (follower === null) return null
  const said = follower.answer !== null && follower.answered_round === about.reopened
  // on the day after, whoever has said yes has nothing more to say
  if (!contested && (!checking || said)) return null
  const { t } = view
  const own = refused?.form === 'answer' ? refused : null
  const text = said ? t('reports.page.answer.said') : checking ? t('reports.page.answer.text') : t('reports.page.answer.closed')
  return html`<section class="st-flow st-callout" aria-labelledby="answer-title">
    <h2 id="answer-title">${t('reports.page.answer.title')}</h2>
    <p>${text} ${contested && !checking ? html`${t('reports.page.answer.until')} ${day(view, until)}` : null}</p>
    ${said || !checking ? null : html`<form method="post" class="st-form" action="${`${reportPath(report)}/answer`}">${button(t('reports.page.answer.yes'), { name: 'answer', value: 'fixed' })}</form>`}
    ${contested ? stillBroken(view, report, own) : null}
  </section>`
}

function stillBroken(view: View, report: Report, own: Refused | null): Html {
  const { t } = view
  const megabytes = new Intl.NumberFormat(view.locale, { style: 'unit', unit: 'megabyte' }).format(draftLimits.megabytes)
  return html`<details class="st-group" ?open="${own !== null}">
      <summary>${t('reports.page.answer.no')}</summary>
      <form method="post" class="st-form" novalidate action="${`${reportPath(report)}/answer`}" enctype="multipart/form-data">
        <input type="hidden" name="answer" value="broken" />
        ${textArea({ id: 'answer-text', name: 'text', label: optional(view, t('reports.page.answer.what')), value: own?.typed ?? '', rows: 3, error: own?.field === 'answer-text' ? own.text : undefined })}
        ${fileField({
          id: 'answer-photo',
          name: 'photo',
          label: optional(view, t('reports.page.answer.photo')),
          accept: PICTURES,
          error: own?.field === 'answer-photo' ? own.text : undefined,
          maxBytes: draftLimits.megabytes * 1_000_000,
          tooLarge: t('ui.field.file.too_large', { size: megabytes }),
        })}
        ${button(t('reports.page.answer.send'), { kind: 'secondary' })}
      </form>
    </details>`
}

/** Hearing of a report: by e-mail, by the account, or no more. */
function follow(view: View, report: Report, { follower, actor }: Holder, refused: Refused | null): Content {
  const { t } = view
  // whoever left no address and has no account hears nothing yet
  const hears = follower !== null && follower.ended_at === null && (follower.record_id !== null || follower.account_id !== null)
  if (hears)
    return html`<section class="st-flow" aria-labelledby="follow-title">
      <h2 id="follow-title">${t('reports.page.follow.on')}</h2>
      <p>${t(follower.kind === 'reporter' ? 'reports.page.follow.reporter' : 'reports.page.follow.follower')}</p>
      <form method="post" action="${`${reportPath(report)}/unfollow`}">${button(t('reports.page.follow.stop'), { kind: 'tertiary' })}</form>
    </section>`
  if (!isOpen(report) && report.state !== 'checking') return null
  const own = refused?.form === 'follow' ? refused : null
  const body =
    actor.accountId !== null && actor.acting === null
      ? html`<form method="post" action="${`${reportPath(report)}/follow`}">${button(t('reports.page.follow.account'), { kind: 'secondary' })}</form>`
      : html`<form method="post" class="st-form" novalidate action="${`${reportPath(report)}/follow`}">
          ${textField({
            id: 'follow-email',
            name: 'email',
            label: t('reports.page.follow.email'),
            hint: t('reports.page.follow.email_hint'),
            error: own?.text,
            value: own?.typed ?? '',
            type: 'email',
            inputmode: 'email',
            autocomplete: 'email',
            spellcheck: false,
            dir: 'ltr',
            width: 'm',
            maxlength: 254,
          })}
          ${button(t('reports.page.follow.submit'), { kind: 'secondary' })}
        </form>`
  return html`<section class="st-flow" aria-labelledby="follow-title">
    <h2 id="follow-title">${t('reports.page.follow.title')}</h2>
    ${body}
  </section>`
}

/** What stands at the foot: taking a report back, for whoever may, and saying that something should not be public. */
export function reportFoot(view: View, report: Report, withdraws: boolean, refused: Refused | null): Content {
  const { t } = view
  const own = refused?.form === 'concern' ? refused : null
  return html`${withdraws ? html`<p><a class="ds-link" href="${`${reportPath(report)}/withdraw`}">${t('reports.page.withdraw.link')}</a></p>` : null}
    <details class="st-group" ?open="${own !== null}">
      <summary>${t('reports.page.concern.title')}</summary>
      <form method="post" class="st-form" novalidate action="${`${reportPath(report)}/concern`}">
        ${radios({
          id: 'concern',
          name: 'reason',
          label: t('reports.page.concern.what'),
          error: own?.text,
          options: concernReasons.map((reason) => ({ value: reason, label: t(`reports.page.concern.${reason}`) })),
        })}
        ${button(t('reports.page.concern.submit'), { kind: 'secondary' })}
      </form>
    </details>
    <p><a class="ds-link" href="${`/reports/new?lat=${report.lat}&long=${report.long}`}">${t('reports.page.another')}</a></p>`
}

function optional(view: View, label: string): Html {
  return html`${label} <span class="st-optional">${view.t('ui.field.optional')}</span>`
}

/** The page behind the link of the mail that asks: one press and the address hears of the report. */
export function confirmPage(view: View, report: Report, category: Content): Html {
  const { t } = view
  return html`<h1>${t('reports.page.confirm.title')}</h1>
    <p>${category} · <bdi>${report.reference}</bdi></p>
    <p>${t('reports.page.confirm.text')}</p>
    <form method="post" action="${`${reportPath(report)}/follow/confirm`}">${button(t('reports.page.confirm.submit'))}</form>`
}

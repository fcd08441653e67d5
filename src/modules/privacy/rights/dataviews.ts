import { inLanguage } from '../../../kernel/text.ts'
import { parsePlainDate } from '../../../kernel/time.ts'
import {
  alert, button, buttonRow, type Content, dataTable, day, hiddenInputs, html, type Html, instant, linkButton, radios, summaryList, timeline, type View,
  words,
} from '../../../ui/index.ts' // prettier-ignore
import type { House } from '../../cases/index.ts'
import { answerText } from '../../fields/index.ts'
import { yourDataNav } from '../yourdata.ts'
import { fieldLabel } from './exportjson.ts'
import type { CaseData, FileData, MessageData } from './gather.ts'
import type { Overview } from './mydata.ts'
import { answered, caseFacts, keptInWords, plainValue, type Words } from './plain.ts'
import { requestKinds } from './store.ts'

/** The words of a reader, as files are written with them. */
export function wordsOf(view: View): Words {
  return { t: view.t, language: view.locale, city: view.city }
}

/** What the city holds about somebody: each kind of it, from where, why and until when, and what can be done. */
export function overviewPage(view: View, house: House, found: Overview, asks: boolean): Html {
  const { t } = view
  return html`<h1>${t('privacy.data.title')}</h1>
    ${yourDataNav(view)}
    <p class="st-lead">${t('privacy.data.lead')}</p>
    ${buttonRow(
      linkButton('/my/data/export', t('privacy.data.download_all')),
      linkButton('/my/data/erase', t('privacy.data.erase'), { kind: 'secondary' }),
    )}
    ${profile(view, found, asks)} ${cases(view, house, found)} ${drafts(view, found)} ${messages(view, found)} ${reports(view, found)} ${alerts(view, found)} ${files(view, found.files)}
    ${signIn(view, found)} ${consents(view, found)}`
}

function section(id: string, title: string, body: Content): Html {
  return html`<section class="st-flow" aria-labelledby="${id}">
    <h2 id="${id}">${title}</h2>
    ${body}
  </section>`
}

function profile(view: View, found: Overview, asks: boolean): Html {
  const { t } = view
  const rows = found.profile.map((each) => {
    const label = fieldLabel(view, each.field)
    const correct = html`<form method="post" action="/my/data/requests">
      ${hiddenInputs({ kind: 'correct', field: each.field })}
      ${button(t('privacy.data.correct'), { kind: 'tertiary', about: label })}
    </form>`
    return [label, profileValue(view, each), t(`privacy.data.from.${each.from}`), ...(asks ? [correct] : [])]
  })
  const head = [t('privacy.data.what'), t('privacy.data.value'), t('privacy.data.from'), ...(asks ? [t('privacy.data.mistake')] : [])]
  const body =
    rows.length === 0
      ? html`<p>${t('privacy.data.none')}</p>`
      : html`<p>${t('privacy.data.profile.why')}</p>
          ${dataTable({ caption: t('privacy.data.profile'), captionHidden: true, head, rows, id: 'profile-table' })}`
  return section('profile', t('privacy.data.profile'), body)
}

function profileValue(view: View, { field, value }: Overview['profile'][number]): Content {
  const date = field === 'date_of_birth' && typeof value === 'string' ? parsePlainDate(value) : null
  return date ? day(view, date) : html`<bdi>${plainValue(value)}</bdi>`
}

function cases(view: View, house: House, found: Overview): Html {
  const { t } = view
  const said = wordsOf(view)
  const held = new Set(found.restrictions.filter((each) => each.ended_at === null).map((each) => each.case_id))
  const rows = found.cases.map((holding) => {
    const facts = caseFacts(house, said, { holding })
    const { current } = holding
    const note = held.has(current.id) ? html`<br /><span class="st-meta">${t('privacy.data.restricted.short')}</span>` : null
    return [
      html`<a class="ds-link" href="${`/my/data/cases/${current.reference}`}">${words(view, holding.service.definition.title)}</a><br /><bdi class="st-meta">${current.reference}</bdi>${note}`,
      facts.agency,
      facts.law,
      facts.kept,
    ]
  })
  const head = [t('privacy.data.application'), t('privacy.data.agency'), t('privacy.data.law'), t('privacy.data.until')]
  const body =
    rows.length === 0
      ? html`<p>${t('privacy.data.none')}</p>`
      : dataTable({ caption: t('privacy.data.applications'), captionHidden: true, head, rows, id: 'cases-table' })
  return section('cases', t('privacy.data.applications'), body)
}

function drafts(view: View, found: Overview): Content {
  if (found.drafts.length === 0) return null
  const { t } = view
  const rows = found.drafts.map(({ journey, service }) => [
    html`<a class="ds-link" href="${`/apply/${journey.id}`}">${words(view, service.definition.title)}</a>`,
    t('privacy.data.from.you'),
    day(view, journey.expires_on),
  ])
  const head = [t('privacy.data.draft'), t('privacy.data.from'), t('privacy.data.until')]
  const body = html`<p>${t('privacy.data.drafts.why')}</p>
    ${dataTable({ caption: t('privacy.data.drafts'), captionHidden: true, head, rows, id: 'data-drafts-table' })}`
  return section('drafts', t('privacy.data.drafts'), body)
}

function messages(view: View, found: Overview): Html {
  const { t } = view
  const body = html`<p>${t('privacy.data.messages.count', { count: found.messages })}</p>
    ${found.messages > 0 ? html`<p><a class="ds-link" href="/my/data/messages">${t('privacy.data.messages.read')}</a></p>` : null}`
  return section('messages', t('privacy.data.messages'), body)
}

function reports(view: View, found: Overview): Content {
  if (found.reports.length === 0) return null
  const { t } = view
  const rows = found.reports.map((each) => [
    html`<a class="ds-link" href="${`/reports/${each.reference}`}"><bdi>${each.reference}</bdi></a>`,
    t(`privacy.data.report.${each.kind}`),
    instant(view, each.openedAt),
  ])
  const head = [t('privacy.data.report'), t('privacy.data.what'), t('privacy.data.sent')]
  const body = html`<p>${t('privacy.data.reports.why')}</p>
    ${dataTable({ caption: t('privacy.data.reports'), captionHidden: true, head, rows, id: 'data-reports-table' })}`
  return section('reports', t('privacy.data.reports'), body)
}

function alerts(view: View, found: Overview): Content {
  if (found.alerts.length === 0) return null
  const { t } = view
  const rows = found.alerts.map(({ holding, place, email }) => [
    html`<bdi>${place}</bdi>`,
    html`<bdi>${email}</bdi>`,
    holding.confirmedAt === null ? t('privacy.data.alerts.unconfirmed') : instant(view, holding.confirmedAt),
    html`<form method="post" action="/reports/alerts/end">
      ${hiddenInputs({ code: holding.code })} ${button(t('privacy.data.alerts.end'), { kind: 'tertiary', about: place })}
    </form>`,
  ])
  const head = [
    t('privacy.data.alerts.place'),
    t('privacy.data.field.email'),
    t('privacy.data.alerts.since'),
    t('privacy.data.alerts.stop'),
  ]
  const body = html`<p>${t('privacy.data.alerts.why')}</p>
    ${dataTable({ caption: t('privacy.data.alerts'), captionHidden: true, head, rows, id: 'data-alerts-table' })}`
  return section('alerts', t('privacy.data.alerts'), body)
}

function files(view: View, found: readonly FileData[]): Content {
  if (found.length === 0) return null
  const { t } = view
  const items = found.map(
    (file) =>
      html`<li>
        <a class="ds-link" href="${`/my/data/files/${file.id}`}"><bdi>${file.name}</bdi></a>
        <span class="st-meta">${t('privacy.data.bytes', { kilobytes: Math.max(1, Math.round(file.bytes / 1000)) })}</span>
      </li>`,
  )
  const body = html`<p>${t('privacy.data.files.why')}</p>
    <ul class="st-plain">
      ${items}
    </ul>`
  return section('files', t('privacy.data.files'), body)
}

function signIn(view: View, found: Overview): Content {
  const { t } = view
  const { account } = found
  if (account === null) return null
  const means = [
    ...(account.hasPassword ? [html`<li>${t('privacy.data.means.password')}</li>`] : []),
    ...account.means.map(
      (each) =>
        html`<li>${t(`privacy.data.means.${each.kind}`)}${each.name ? html`: <bdi>${each.name}</bdi>` : null}${each.since ? html` <span class="st-meta">${instant(view, each.since)}</span>` : null}</li>`,
    ),
  ]
  const sessions = account.sessions.map((each) => [each.device || '–', instant(view, each.began), instant(view, each.seen)])
  const head = [t('privacy.data.device'), t('privacy.data.began'), t('privacy.data.seen')]
  const body = html`<p>${t('privacy.data.sign_in.why')}</p>
    <ul class="st-plain">
      ${means}
    </ul>
    ${sessions.length > 0 ? dataTable({ caption: t('privacy.data.sessions'), head, rows: sessions, id: 'sessions-table' }) : null}`
  return section('sign-in', t('privacy.data.sign_in'), body)
}

function consents(view: View, found: Overview): Content {
  if (found.consents.length === 0) return null
  const { t } = view
  const rows = found.consents.map((each) => [
    html`<span lang="${each.language}" dir="auto">${each.wording}</span>`,
    t(`privacy.data.act.${each.act}`),
    instant(view, each.at),
  ])
  const head = [t('privacy.data.what'), t('privacy.data.act'), t('privacy.data.when')]
  return section(
    'consents',
    t('privacy.data.consents'),
    dataTable({ caption: t('privacy.data.consents'), captionHidden: true, head, rows, id: 'consents-table' }),
  )
}

/** One case: everything in it, why it is kept, and what can be asked for. */
export function casePage(view: View, house: House, found: CaseData, options: { asks: boolean; error: string | null }): Html {
  const { t } = view
  const { current, service, letters } = found.holding
  const facts = caseFacts(house, wordsOf(view), found)
  const uploads = found.files.map((file) => ({ id: file.id, name: file.name, size: file.bytes, href: `/my/data/files/${file.id}` }))
  const letterFiles = letters.flatMap((row) => uploads.filter((file) => file.id === row.document_id))
  return html`<h1>${words(view, service.definition.title)}</h1>
    <p><bdi>${current.reference}</bdi></p>
    ${summaryList([
      { key: t('privacy.data.state'), value: facts.state },
      { key: t('privacy.data.agency'), value: facts.agency },
      { key: t('privacy.data.why'), value: facts.purpose },
      { key: t('privacy.data.law'), value: facts.law },
      { key: t('privacy.data.from'), value: facts.from },
      { key: t('privacy.data.until'), value: keptInWords(house, wordsOf(view), found.holding) },
    ])}
    ${section(
      'answers',
      t('privacy.data.answers'),
      summaryList(
        answered(service, found.answers).map((question) => ({
          key: inLanguage(question.label, view.locale).text,
          value: answerText(view, question, found.answers[question.id], uploads),
        })),
      ),
    )}
    ${
      letterFiles.length > 0
        ? section(
            'letters',
            t('privacy.data.letters'),
            html`<ul class="st-plain">
              ${letterFiles.map((file) => html`<li><a class="ds-link" href="${file.href}"><bdi>${file.name}</bdi></a></li>`)}
            </ul>`,
          )
        : null
    }
    ${written(view, found)} ${options.asks ? wishes(view, found, options.error) : null}`
}

function written(view: View, found: CaseData): Content {
  if (found.entries.length === 0) return null
  const { t } = view
  const items = found.entries.map((each) => ({
    title: t(`privacy.data.entry.${each.kind}`),
    at: instant(view, each.at),
    body: html`<div class="st-typed" dir="auto">${each.text}</div>`,
  }))
  return section('written', t('privacy.data.written'), timeline(items))
}

function wishes(view: View, found: CaseData, error: string | null): Html {
  const { t } = view
  const { reference } = found.holding.current
  const options = requestKinds.map((kind) => ({
    value: kind,
    label: t(`privacy.data.ask.${kind}`),
    hint: t(`privacy.data.ask.${kind}.hint`),
  }))
  return section(
    'wishes',
    t('privacy.data.ask'),
    html`<form method="post" class="st-form" novalidate action="/my/data/requests">
      ${hiddenInputs({ reference })}
      ${radios({ id: 'kind', name: 'kind', label: t('privacy.data.ask.label'), error: error ?? undefined, options })}
      ${button(t('privacy.data.ask.submit'))}
    </form>`,
  )
}

/** The messages that the city wrote to somebody. */
export function messagesPage(view: View, found: readonly MessageData[]): Html {
  const { t } = view
  const items = found.map((each) => ({
    title: html`<span dir="auto">${each.subject}</span>`,
    at: html`${instant(view, each.holding.createdAt)} · <bdi>${each.to}</bdi>`,
    body: html`<div class="st-typed" dir="auto">${each.text}</div>`,
  }))
  return html`<h1>${t('privacy.data.messages')}</h1>
    <p class="st-lead">${t('privacy.data.messages.lead')}</p>
    ${items.length === 0 ? html`<p>${t('privacy.data.none')}</p>` : timeline(items, 2)}`
}

/** What officers read above a case whose person asked that its data is not used. */
export function restrictionNotice(
  view: View,
  since: readonly { readonly since: Date; readonly granted_at: Date | null; readonly reference: string }[],
): Content {
  if (since.length === 0) return null
  const { t } = view
  return alert(
    'warning',
    t('privacy.data.restricted.title'),
    html`${since.map(
      (each) =>
        html`<p>
            ${t(each.granted_at === null ? 'privacy.data.restricted.asked' : 'privacy.data.restricted.granted')} ${instant(view, each.since)}
            (<bdi>${each.reference}</bdi>).
          </p>`,
    )}
      <p>${t('privacy.data.restricted.do')}</p>`,
  )
}

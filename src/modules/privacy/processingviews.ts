import {
  type Content, dataTable, html, type Html, instant, md, summaryList, type View, words,
} from '../../ui/index.ts' // prettier-ignore
import type { ServiceDefinition } from '../servicefile/index.ts'
import { type Activity, activityOf, type ProcessingRecord } from './processing.ts'
import type { RunRow } from './store.ts'
import { keptDays } from './retention.ts'

/** What the city does with personal data, service by service, and whom to ask. */
export function processingView(view: View, record: ProcessingRecord): Html {
  const { t } = view
  const { contact } = record
  return html`<h1>${t('privacy.page.title')}</h1>
    ${md(t('privacy.page.text'))}
    <section class="st-flow" aria-labelledby="yours">
      <h2 id="yours">${t('privacy.page.yours')}</h2>
      <ul>
        <li><a class="ds-link" href="/my/access">${t('privacy.nav.access')}</a></li>
        <li><a class="ds-link" href="/my/data">${t('privacy.nav.data')}</a></li>
        <li><a class="ds-link" href="/my/consents">${t('privacy.nav.consents')}</a></li>
        <li><a class="ds-link" href="/my/privacy-choices">${t('privacy.nav.choices')}</a></li>
      </ul>
    </section>
    <section class="st-flow" aria-labelledby="asked">
      <h2 id="asked">${t('privacy.page.contact')}</h2>
      ${summaryList([
        { key: t('privacy.page.controller'), value: words(view, record.controller) },
        {
          key: t('privacy.page.officer'),
          value: html`${contact.officer ? html`${words(view, contact.officer)}<br />` : null}<a class="ds-link" href="${`mailto:${contact.email}`}"><bdi>${contact.email}</bdi></a>${contact.phone ? html`<br /><bdi>${contact.phone}</bdi>` : null}`,
        },
        { key: t('privacy.page.transfers'), value: t('privacy.transfers.none') },
        {
          key: t('privacy.page.measures'),
          value: html`<ul>${record.measures.map((measure) => html`<li>${t(`privacy.measure.${measure}`)}</li>`)}</ul>`,
        },
      ])}
    </section>
    <section class="st-flow" aria-labelledby="services">
      <h2 id="services">${t('privacy.page.services')}</h2>
      ${record.activities.map((activity) => activityPart(view, activity))}
    </section>
    <p><a class="ds-link" href="/privacy/retention">${t('privacy.retention.title')}</a> · <a class="ds-link" href="/privacy/processing.json">${t('privacy.page.json')}</a></p>`
}

function activityPart(view: View, activity: Activity): Html {
  const { t } = view
  return html`<details>
    <summary>${words(view, activity.title)}</summary>
    ${summaryList([
      { key: t('privacy.page.purpose'), value: words(view, activity.purpose) },
      { key: t('privacy.page.law'), value: law(view, activity) },
      { key: t('privacy.page.subjects'), value: list(activity.subjects.map((each) => t(`privacy.subject.${each}`))) },
      { key: t('privacy.page.categories'), value: list(activity.categories.map((each) => t(`privacy.category.${each}`))) },
      {
        key: t('privacy.page.recipients'),
        value: html`${[activity.agency, ...activity.consulted].map((id, i) => html`${i > 0 ? ' · ' : null}${agency(view, id)}`)}`,
      },
      { key: t('privacy.page.kept'), value: kept(view, activity) },
    ])}
    <p><a class="ds-link" href="${`/services/${activity.id}`}">${words(view, activity.title)}</a></p>
  </details>`
}

function list(texts: readonly string[]): string {
  return texts.join(' · ')
}

function law(view: View, { law: words_, article }: Activity): Content {
  if (!words_ || !article) return view.t('privacy.page.draft')
  return html`${words(view, words_)} (${view.t('privacy.page.article', { article })})`
}

function kept(view: View, { retention }: Activity): string {
  if (!retention) return view.t('privacy.page.draft')
  return view.t('privacy.page.kept_for', { days: retention.draftDays, years: retention.caseYears })
}

function agency(view: View, id: string): Content {
  const found = view.city.agencies.find((each) => each.id === id)
  return found ? words(view, found.name) : id
}

/** What is erased when, and what was: numbers only. */
export function retentionView(
  view: View,
  o: {
    last: Date | null
    totals: ReadonlyArray<{ kind: RunRow['kind']; service: string | null; count: number }>
    runs: readonly RunRow[]
    titles: ReadonlyMap<string, ServiceDefinition['title']>
  },
): Html {
  const { t } = view
  const what = (row: { kind: RunRow['kind']; service: string | null }): Content => {
    const title = row.service === null ? undefined : o.titles.get(row.service)
    return html`${t(`privacy.retention.${row.kind}`)}${title ? html`: ${words(view, title)}` : row.service ? `: ${row.service}` : null}`
  }
  const number = (n: number): string => t('ui.number', { n })
  return html`<h1>${t('privacy.retention.title')}</h1>
    ${md(t('privacy.retention.text', { account: keptDays.unproven_account, message: keptDays.message }))}
    <p>${o.last ? html`${t('privacy.retention.last')} ${instant(view, o.last)}` : t('privacy.retention.never')}</p>
    ${o.totals.length > 0 ? dataTable({ id: 'totals', caption: t('privacy.retention.totals'), head: [t('privacy.retention.what'), t('privacy.retention.count')], rows: o.totals.map((row) => [what(row), number(row.count)]), numeric: [1] }) : null}
    ${o.runs.length > 0 ? dataTable({ id: 'runs', caption: t('privacy.retention.runs'), head: [t('privacy.access.when'), t('privacy.retention.what'), t('privacy.retention.count')], rows: o.runs.map((row) => [instant(view, row.at), what(row), number(row.count)]), numeric: [2] }) : null}
    <p><a class="ds-link" href="/privacy">${t('privacy.page.title')}</a></p>`
}

/** The notice at collection (GDPR, article 13; CCPA 1798.100): what a form asks for, why, for how long, and that it is not sold. */
export function collectionNotice(view: View, definition: ServiceDefinition): Html {
  const { t } = view
  const activity = activityOf(definition)
  return html`<details>
    <summary>${t('privacy.notice.title')}</summary>
    <p>${t('privacy.notice.collected')} ${list(activity.categories.map((each) => t(`privacy.category.${each}`)))}.</p>
    <p>${t('privacy.notice.purpose')} ${words(view, activity.title)}. ${law(view, activity)}.</p>
    <p>${t('privacy.page.kept')}: ${kept(view, activity)}. ${t('privacy.notice.not_sold')} <a class="ds-link" href="/my/privacy-choices">${t('privacy.nav.choices')}</a></p>
  </details>`
}

import {
  button,
  type Content,
  dataTable,
  element,
  html,
  type Html,
  instant,
  linkButton,
  pagination,
  selectField,
  textField,
  type View,
} from '../../../ui/index.ts'
import type { JournalPage } from '../../../platform/journal/search.ts'
import type { Names } from '../service.ts'
import { actorText, auditNav } from './parts.ts'

/** What the journal is filtered by, as it was typed. */
export type TypedJournal = {
  readonly type: string
  readonly actor: string
  readonly stream: string
  readonly from: string
  readonly to: string
}

/** The address of a page of the journal, or of its file. */
export function journalHref(path: string, typed: Partial<TypedJournal>, before?: bigint | null): string {
  const query = new URLSearchParams(Object.entries(typed).filter(([, value]) => value !== ''))
  if (before !== undefined && before !== null) query.set('before', before.toString())
  const text = query.toString()
  return text === '' ? path : `${path}?${text}`
}

/** The lines of the journal, newest first, with what narrows them. */
export function journalPage(view: View, typed: TypedJournal, found: JournalPage & { names: Names }, types: readonly string[]): Html {
  const { t } = view
  const rows = found.events.map((event) => [
    instant(view, event.occurredAt),
    html`<code>${event.type}</code>`,
    actorText(event.actor, found.names),
    html`<code>${event.channel}</code>`,
    html`<a class="ds-link" href="${journalHref('/audit/journal', { stream: event.stream })}"><code>${event.stream}</code></a>`,
    html`<code><bdi dir="ltr">${JSON.stringify(event.data)}</bdi></code>`,
  ])
  return html`<h1>${t('audit.journal.title')}</h1>
    ${auditNav(view)}
    <p class="st-lead">${t('audit.journal.lead')}</p>
    ${filter(view, typed, types)}
    ${
      rows.length === 0
        ? html`<p>${t(found.next === null ? 'audit.journal.empty' : 'audit.journal.further')}</p>`
        : dataTable({
            caption: t('audit.journal.caption'),
            captionHidden: true,
            head: [
              t('audit.journal.when'),
              t('audit.journal.type'),
              t('audit.journal.actor'),
              t('audit.journal.channel'),
              t('audit.journal.stream'),
              t('audit.journal.data'),
            ],
            rows,
          })
    }
    ${pagination(view, { next: found.next === null ? null : journalHref('/audit/journal', typed, found.next) })}
    <p>${linkButton(journalHref('/audit/journal.csv', typed), t('audit.csv'), { kind: 'secondary' })}</p>`
}

function filter(view: View, typed: TypedJournal, types: readonly string[]): Html {
  const { t } = view
  return html`<form method="get" action="/audit/journal" class="st-form">
    ${selectField({
      id: 'type',
      name: 'type',
      label: t('audit.journal.type'),
      value: typed.type,
      empty: t('audit.journal.all_types'),
      options: types.map((type) => ({ value: type, label: type })),
    })}
    ${textField({
      id: 'actor',
      name: 'actor',
      label: t('audit.journal.actor'),
      hint: t('audit.journal.actor.hint'),
      value: typed.actor,
      dir: 'ltr',
      spellcheck: false,
    })}
    ${textField({ id: 'stream', name: 'stream', label: t('audit.journal.stream'), hint: t('audit.journal.stream.hint'), value: typed.stream, dir: 'ltr', spellcheck: false })}
    ${dayField('from', t('audit.journal.from'), typed.from)} ${dayField('to', t('audit.journal.to'), typed.to)} ${button(t('audit.journal.show'))}
  </form>`
}

function dayField(id: string, label: Content, value: string): Html {
  const input = element('input', { class: 'ds-input st-width-m', type: 'date', id, name: id, value })
  return html`<div class="ds-field st-field"><label class="ds-label" for="${id}">${label}</label>${input}</div>`
}

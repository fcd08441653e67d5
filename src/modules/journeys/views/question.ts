import {
  alert,
  button,
  buttonRow,
  type Content,
  errorSummary,
  hiddenInputs,
  html,
  type Html,
  plainWords,
  type View,
  words,
} from '../../../ui/index.ts'
import { prose } from '../../catalogue/index.ts'
import {
  type AddressFind,
  fieldId,
  isRecord,
  issueLinks,
  questionField,
  rowTitle,
  SHOWN_IN,
  type UploadedFile,
} from '../../fields/index.ts'
import type { Issue, Page, Question, ServiceDefinition } from '../../servicefile/index.ts'
import type { AddressSearch } from '../addresses.ts'
import type { OpenJourney } from '../service.ts'
import { ruleMessage } from './words.ts'

/** The id of the page's form; the language buttons post it. */
export const FORM = 'question-form'

/** One page of the form: its words, its questions, what is wrong. `typed` are the values to show. */
export function questionPage(
  view: View,
  opened: OpenJourney,
  page: Page,
  o: {
    typed: Readonly<Record<string, unknown>>
    issues: readonly Issue[]
    files: readonly UploadedFile[]
    /** Why a file was not taken, at its question. */
    fault: { readonly question: string | null; readonly text: string } | null
    from: string | null
    /** Whether the city's addresses can be searched, and the search that was just made. */
    searches: boolean
    search: AddressSearch | null
    /** What the first page says about the data that is collected. */
    notice: Content
  },
): Html {
  const { t } = view
  const definition = opened.service.definition
  const shown = visibleQuestions(opened, page)
  const single = shown.length === 1 ? shown[0] : undefined
  const alone = single !== undefined && (page.statements ?? []).length === 0 && sameWords(view, page, single)
  const rules = (rule: string): string | undefined => ruleMessage(view, definition, rule)
  const faulty = shown.find((each) => each.id === o.fault?.question)
  const errors = [
    ...(o.fault ? [{ href: `#${faulty ? fieldId(faulty) : 'main'}`, text: o.fault.text }] : []),
    ...unchosenLink(view, o.search),
    ...issueLinks(view, shown, o.issues, { ruleMessage: rules }),
  ]
  const hasFiles = shown.some((question) => question.kind === 'file')
  return html` ${errorSummary(view, errors)} ${section(view, definition, page)} ${alone ? null : html`<h1>${words(view, page.title)}</h1>`}
    ${statements(view, opened, page)}
    <form
      method="post"
      id="${FORM}"
      novalidate
      class="st-form"
      action="/apply/${opened.journey.id}/p/${page.id}"
      enctype="${hasFiles ? 'multipart/form-data' : 'application/x-www-form-urlencoded'}"
    >
      ${hiddenInputs({ _shown: shown.map((question) => question.id).join(' '), _from: o.from, [SHOWN_IN]: view.locale })}
      ${shown.map((question) =>
        questionField(
          view,
          question,
          o.typed[question.id],
          o.issues.filter((issue) => issue.question === question.id),
          {
            heading: alone,
            files: o.files.filter((file) => listed(o.typed[question.id], file.id)),
            ruleMessage: rules,
            since: opened.journey.prefilled[question.id],
            fault: question === faulty ? o.fault?.text : undefined,
            find: o.searches ? findFor(question, o.search) : undefined,
          },
        ),
      )}
      ${buttonRow(button(t('journeys.continue')), button(t('journeys.later'), { kind: 'tertiary', name: '_later', value: '1', novalidate: true }))}
    </form>
    ${o.notice}`
}

function findFor(question: Question, search: AddressSearch | null): AddressFind {
  return search?.question === question.id ? search : { typed: null, found: [], unchosen: false }
}

function unchosenLink(view: View, search: AddressSearch | null): Array<{ href: string; text: string }> {
  if (!search?.unchosen) return []
  const id = fieldId({ id: search.question })
  return [{ href: `#${id}-${search.found.length > 0 ? 'chosen' : 'find'}`, text: view.t('ui.field.find.unchosen') }]
}

/** The questions of a page that are to be answered now. */
export function visibleQuestions(opened: OpenJourney, page: Page): Question[] {
  const seen = opened.evaluation.pages.find((each) => each.id === page.id)?.questions ?? []
  return page.questions.filter((question) => seen.includes(question.id))
}

function sameWords(view: View, page: Page, question: Question): boolean {
  return question.kind !== 'repeating_group' && plainWords(view, page.title) === plainWords(view, question.label)
}

function section(view: View, definition: ServiceDefinition, page: Page): Content {
  const found = definition.form.sections?.find((each) => each.id === page.section)
  return found ? html`<p class="st-caption">${words(view, found.title)}</p>` : null
}

function statements(view: View, opened: OpenJourney, page: Page): Content {
  const shown = opened.evaluation.pages.find((each) => each.id === page.id)?.statements ?? []
  return shown.map((index) => {
    const statement = page.statements?.[index]
    return statement ? prose(view, statement.text) : null
  })
}

function listed(value: unknown, id: string): boolean {
  return Array.isArray(value) && value.includes(id)
}

/** One row of a repeating group, on a page of its own. */
export function rowPage(
  view: View,
  opened: OpenJourney,
  page: Page,
  group: Question,
  row: number,
  o: { typed: Readonly<Record<string, unknown>>; issues: readonly Issue[]; from: string | null },
): Html {
  const { t } = view
  const columns = group.questions ?? []
  const own = o.issues.flatMap((issue) =>
    issue.column === undefined ? [] : [{ ...issue, question: issue.column, row: undefined, column: undefined }],
  )
  return html` ${errorSummary(view, issueLinks(view, columns, own))}
    <p class="st-caption">${words(view, page.title)}</p>
    <h1>${rowTitle(view, group, row)}</h1>
    <form
      method="post"
      id="${FORM}"
      novalidate
      class="st-form"
      action="/apply/${opened.journey.id}/p/${page.id}/${group.id}/${String(row)}"
    >
      ${hiddenInputs({ _from: o.from, [SHOWN_IN]: view.locale })}
      ${columns.map((column) =>
        questionField(
          view,
          column,
          o.typed[column.id],
          own.filter((issue) => issue.question === column.id),
          { heading: false },
        ),
      )}
      ${buttonRow(button(t('journeys.row.save')))}
    </form>`
}

/** The typed values of a row. */
export function rowOf(value: unknown, row: number): Readonly<Record<string, unknown>> {
  const rows: readonly unknown[] = Array.isArray(value) ? value : []
  const found = rows[row]
  return isRecord(found) ? found : {}
}

/** A question page that cannot be shown now, because earlier answers leave it out. */
export function notNowPage(view: View, journeyId: string): Html {
  return html`<h1>${view.t('journeys.not_now')}</h1>
    ${alert('info', null, html`<p><a class="ds-link" href="/apply/${journeyId}">${view.t('journeys.go_on')}</a></p>`)}`
}

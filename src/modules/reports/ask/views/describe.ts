import { button, errorSummary, fileField, html, type Html, PICTURES, textArea, type View, words } from '../../../../ui/index.ts'
import { issueLinks, questionField, SHOWN_IN, type UploadedFile } from '../../../fields/index.ts'
import type { Category } from '../../categories/categories.ts'
import { type DraftWords, draftLimits } from '../draft.ts'
import type { Described } from '../steps.ts'
import { FORM, stepLine } from './frame.ts'

/** What the page about the problem itself shows. */
export type DescribeParts = {
  readonly category: Category
  readonly words: Pick<DraftWords, 'text' | 'answers'>
  readonly photos: readonly UploadedFile[]
  /** What is wrong; null before the page was sent. */
  readonly wrong: Pick<Described, 'issues' | 'fault'> | null
  /** What was wrong with a photo, in words. */
  readonly photoFault: string | null
  /** The questions that are to be answered now. */
  readonly questions: Described['questions']
}

/** Words, the category's questions and photos. */
export function describePage(view: View, parts: DescribeParts): Html {
  const { t } = view
  const { category, wrong, questions } = parts
  const issues = wrong?.issues ?? []
  const fault = wrong?.fault ? t(`reports.ask.describe.${wrong.fault}`, { n: draftLimits.text }) : undefined
  const errors = [
    ...(fault ? [{ href: '#text', text: fault }] : []),
    ...issueLinks(view, questions, issues),
    ...(parts.photoFault ? [{ href: '#photos', text: parts.photoFault }] : []),
  ]
  return html`${errorSummary(view, errors)} ${stepLine(view, 3)}
    <h1>${t('reports.ask.describe.title')}</h1>
    <p class="st-lead">${words(view, category.name)}</p>
    <form method="post" id="${FORM}" novalidate class="st-form st-flow" action="/reports/new/describe" enctype="multipart/form-data">
      <input type="hidden" name="_shown" value="${questions.map((question) => question.id).join(' ')}" />
      <input type="hidden" name="${SHOWN_IN}" value="${view.locale}" />
      ${textArea({ id: 'text', name: 'text', label: t('reports.ask.describe.text'), hint: t('reports.ask.describe.text_hint'), error: fault, value: parts.words.text, rows: 4 })}
      ${questions.map((question) =>
        questionField(
          view,
          question,
          parts.words.answers[question.id],
          issues.filter((issue) => issue.question === question.id),
          { heading: false },
        ),
      )}
      ${photoField(view, parts.photos, parts.photoFault, category.photos === 'never' ? t('reports.ask.photos.crew_only') : t('reports.ask.photos.checked'))}
      ${button(t('reports.ask.continue'))}
    </form>`
}

/** Photos to choose or take, and those that are there already with a way to remove each. */
export function photoField(view: View, photos: readonly UploadedFile[], fault: string | null, about: string): Html {
  const { t } = view
  const size = new Intl.NumberFormat(view.locale, { style: 'unit', unit: 'megabyte' }).format(draftLimits.megabytes)
  const input = fileField({
    id: 'photos',
    name: 'photos',
    label: html`${t('reports.ask.photos')} <span class="st-optional">${t('ui.field.optional')}</span>`,
    hint: html`${t('reports.ask.photos.limit', { n: draftLimits.photos, size })}<br />${about}`,
    error: fault ?? undefined,
    accept: PICTURES,
    multiple: true,
    maxBytes: draftLimits.megabytes * 1_000_000,
    tooLarge: t('ui.field.file.too_large', { size }),
  })
  if (photos.length === 0) return input
  return html`${photos.length < draftLimits.photos || fault ? input : null}
    <h2 class="st-small-heading">${t('ui.field.file.sent')}</h2>
    <ul class="st-rows">
      ${photos.map(
        (file) =>
          html`<li>
            <span><bdi>${file.name}</bdi> <span class="st-meta">${fileSize(view, file.size)}</span></span>
            ${button(t('ui.field.remove'), { kind: 'tertiary', name: '_remove_photo', value: file.id, novalidate: true, about: file.name })}
          </li>`,
      )}
    </ul>`
}

function fileSize(view: View, bytes: number): string {
  const [unit, figure] = bytes >= 1_000_000 ? ['megabyte', bytes / 1_000_000] : ['kilobyte', bytes / 1000]
  return new Intl.NumberFormat(view.locale, { style: 'unit', unit, maximumFractionDigits: 1 }).format(figure)
}

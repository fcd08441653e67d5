import { parsePlainDate } from '../../../kernel/time.ts'
import { alert, type Content, day, html, type Html, type View } from '../../../ui/index.ts'
import type { PolicyReview } from '../service.ts'
import { auditNav } from './parts.ts'

/** Whether the policies in force were reviewed, in words. */
export function reviewText(view: View, review: PolicyReview): Content {
  const { t } = view
  const date = parsePlainDate(review.date)
  if (review.state === 'none') return t('audit.policies.none')
  return html`${t(`audit.policies.${review.state}`)} <bdi>${review.by}</bdi>${date ? html`, ${day(view, date)}` : null}`
}

/** The policy files as they are in force, as texts. */
export function policiesPage(view: View, found: { files: ReadonlyArray<{ name: string; text: string }>; review: PolicyReview }): Html {
  const { t } = view
  return html`<h1>${t('audit.policies.title')}</h1>
    ${auditNav(view)}
    <p class="st-lead">${t('audit.policies.lead')}</p>
    ${alert(found.review.state === 'current' ? 'success' : 'warning', null, html`<p>${reviewText(view, found.review)}</p>`)}
    ${found.files.map(
      ({ name, text }, at) =>
        html`<section class="st-flow" aria-labelledby="${`file-${at}`}">
          <h2 id="${`file-${at}`}"><code>${name}</code></h2>
          <pre class="st-source" dir="ltr"><code>${text}</code></pre>
        </section>`,
    )}`
}

import { alert, type Content, element, errorSummary, html, type Html, type View } from '../../../../ui/index.ts'
import type { ActIssue, Moved, TypedAct } from '../act.ts'
import type { Stop } from '../stop.ts'
import { actForms, type FormParts } from './forms.ts'
import { crewBox } from './outbox.ts'
import { slot, slotRows, slotTag } from './slots.ts'

/** What became of a report meanwhile, in the reader's words. */
export type Meanwhile = { readonly moved: Moved; readonly text: string }

/** One stop with what can be done about it. */
export function stopPage(
  view: View,
  stop: Stop,
  parts: FormParts & { readonly who: string; readonly meanwhile: Meanwhile | null; readonly open: boolean },
): Html {
  const { refused, meanwhile } = parts
  return html`<div class="st-flow" data-crew-page>
      ${refused?.issue ? errorSummary(view, [{ href: `#${refused.typed.kind}-${refused.issue.field}`, text: view.t(`reports.crew.issue.${refused.issue.key}`) }]) : null}
      ${meanwhile ? meanwhileAlert(view, meanwhile, refused?.typed ?? null) : null} ${stopFacts(view, stop)} ${crewBox(view, { who: parts.who })}
      ${parts.open ? actForms(view, stop, parts) : html`<p>${view.t('reports.crew.over')}</p>`}
    </div>
    <script type="module" src="${view.assets.crew}"></script>`
}

function meanwhileAlert(view: View, { text }: Meanwhile, typed: TypedAct | null): Html {
  const { t } = view
  return alert(
    'warning',
    t('reports.crew.meanwhile'),
    html`<dl class="st-inner">
        <div>
          <dt>${t('reports.crew.now')}</dt>
          <dd>${text}</dd>
        </div>
        ${
          typed
            ? html`<div>
                <dt>${t('reports.crew.mine')}</dt>
                <dd>${t(`reports.crew.act.${typed.kind}`)}${typed.text === '' ? null : html`: <span dir="auto">${typed.text}</span>`}</dd>
              </div>`
            : null
        }
      </dl>
      <p>${t('reports.crew.meanwhile.choice')}</p>`,
  )
}

/** What is known of a stop. */
export function stopFacts(view: View, stop: Stop): Html {
  const { t } = view
  return html`<h1>${slot('category', stop.category)}</h1>
    <p class="st-meta"><bdi data-slot="reference">${stop.reference}</bdi> · ${slot('crew', stop.crew)}</p>
    <p class="st-run-facts">
      ${slotTag('urgent', stop.urgent, 'danger')} ${slotTag('overdue', stop.overdue, 'danger')} ${slot('due', stop.due)}
      ${slotTag('begun', stop.begun, 'info')} ${slotTag('reopened', stop.reopened, 'warning')}
    </p>
    <p class="st-lead">${slot('address', stop.address, 'bdi')}</p>
    ${slot('words', stop.words, 'p', { class: 'st-typed', dir: 'auto' })} ${slot('masked', stop.masked, 'p', { class: 'st-meta' })}
    ${section(stop.answers, slotRows('answers', 'dl', stop.answers, answerRow, { class: 'st-summary' }))}
    ${section(stop.pictures, slotRows('pictures', 'div', stop.pictures, picture, { class: 'st-crew-pictures' }))}
    ${section(stop.lines, html`<h2>${t('reports.crew.lines')}</h2>${slotRows('lines', 'ol', stop.lines, line, { class: 'st-plain st-flow' })}`)}`
}

function section(rows: readonly unknown[], body: Content): Content {
  return rows.length === 0 ? null : html`<div class="st-flow" data-section>${body}</div>`
}

function answerRow({ label, value }: Stop['answers'][number]): Html {
  return html`<div>
    <dt>${slot('label', label)}</dt>
    <dd>${slot('value', value)}</dd>
  </div>`
}

function picture({ src, alt }: Stop['pictures'][number]): Html {
  // an address that is empty, as in a template, would be that of the page
  return element('img', { src: src || null, alt, loading: 'lazy', decoding: 'async', 'data-slot-picture': 'src', 'data-slot-alt': 'alt' })
}

function line({ at, text }: Stop['lines'][number]): Html {
  return html`<li>
    <p class="st-meta">${slot('at', at)}</p>
    ${slot('text', text, 'p', { class: 'st-typed', dir: 'auto' })}
  </li>`
}

/** The first thing that is wrong with what was sent, when something is. */
export type Refusal = { readonly typed: TypedAct; readonly issue: ActIssue | null }

import { html, type Content, type Html } from '../html.ts'
import type { View } from '../view.ts'
import { icon } from './icon.ts'
import { tag, type Tone } from './feedback.ts'

/** One line of a summary: what, its value, and the link that changes it. */
export type SummaryRow = { key: Content; value: Content; action?: { href: string; label: Content; about: Content } }

/** Questions and answers side by side, one under the other on small screens. */
export function summaryList(rows: readonly SummaryRow[]): Html {
  return html`<dl class="st-summary">
    ${rows.map(
      (row) =>
        html`<div>
          <dt>${row.key}</dt>
          <dd>${row.value}</dd>
          ${
            row.action
              ? html`<dd class="st-summary-action">
                  <a class="ds-link" href="${row.action.href}">${row.action.label}<span class="ds-sr-only"> ${row.action.about}</span></a>
                </dd>`
              : null
          }
        </div>`,
    )}
  </dl>`
}

/** One part of a longer form. */
export type TaskItem = { title: Content; href: string | null; status: 'done' | 'todo' | 'started' | 'later' }

const TASK_TONES: Readonly<Record<TaskItem['status'], Tone>> = { done: 'success', todo: 'info', started: 'warning', later: 'neutral' }

/** The parts of a longer form, each with its state in words. */
export function taskList(view: View, items: readonly TaskItem[]): Html {
  return html`<ul class="st-tasks">
    ${items.map((item, i) => {
      const id = `task-${i + 1}-status`
      const name = item.href
        ? html`<a class="ds-link" href="${item.href}" aria-describedby="${id}">${item.title}</a>`
        : html`<span>${item.title}</span>`
      return html`<li>${name}<span id="${id}">${tag(view.t(`ui.task.${item.status}`), TASK_TONES[item.status])}</span></li>`
    })}
  </ul>`
}

/** One thing that happened or will happen. */
export type TimelineItem = { title: Content; at: Content; body?: Content; tone?: 'now' | 'done' }

/** What happened, in the order given; `level` is the level of its headings. */
export function timeline(items: readonly TimelineItem[], level: 2 | 3 = 3): Html {
  return html`<ol class="st-timeline">
    ${items.map(
      (item) =>
        html`<li data-tone="${item.tone ?? 'done'}">
          ${level === 2 ? html`<h2>${item.title}</h2>` : html`<h3>${item.title}</h3>`}
          <p class="st-meta">${item.at}</p>
          ${item.body ? html`<div class="st-flow">${item.body}</div>` : null}
        </li>`,
    )}
  </ol>`
}

/** Ways to further pages, one under the other, each with a sentence on what is there. */
export function linkList(items: ReadonlyArray<{ href: string; title: Content; text?: Content }>): Html {
  return html`<ul class="st-ways">
    ${items.map(
      (item) =>
        html`<li>
          <a class="ds-link" href="${item.href}">${item.title}</a>
          ${item.text ? html`<p class="st-meta">${item.text}</p>` : null}
        </li>`,
    )}
  </ul>`
}

/** The three answers everybody asks for (where is it, who has it, when will it end), large. */
export function statusCard(rows: ReadonlyArray<{ key: Content; value: Content; note?: Content }>): Html {
  return html`<dl class="st-status">
    ${rows.map(
      (row) =>
        html`<div>
          <dt>${row.key}</dt>
          <dd>${row.value}${row.note ? html`<p class="st-meta">${row.note}</p>` : null}</dd>
        </div>`,
    )}
  </dl>`
}

/** A way into something, as a card that is one link. */
export type CardItem = { href: string; title: Content; text: Content; icon?: string; meta?: Content }

/** Cards in as many columns as fit; `level` is the level of their headings. */
export function cardGrid(cards: readonly CardItem[], level: 2 | 3 = 3): Html {
  const title = (card: CardItem): Html => html`<a href="${card.href}">${card.title}</a>`
  return html`<ul class="st-cards">
    ${cards.map(
      (card) =>
        html`<li class="st-card">
          ${card.icon ? html`<span class="st-card-icon">${icon(card.icon)}</span>` : null}
          ${level === 2 ? html`<h2>${title(card)}</h2>` : html`<h3>${title(card)}</h3>`}
          <p>${card.text}</p>
          ${card.meta ? html`<p class="st-meta">${card.meta}</p>` : null}
        </li>`,
    )}
  </ul>`
}

/** Links to the page before and after. Nothing when there is neither. */
export function pagination(view: View, links: { next?: string | null; previous?: string | null }): Content {
  if (!links.next && !links.previous) return null
  return html`<nav class="st-pagination" aria-label="${view.t('ui.pagination')}">
    ${links.previous ? html`<a class="ds-button" data-variant="secondary" rel="prev" href="${links.previous}">${view.t('ui.previous')}</a>` : null}
    ${links.next ? html`<a class="ds-button" data-variant="secondary" rel="next" href="${links.next}">${view.t('ui.next')}</a>` : null}
  </nav>`
}

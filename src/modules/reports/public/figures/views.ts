import {
  type Content,
  barChart,
  button,
  dataTable,
  html,
  type Html,
  linkButton,
  plainWords,
  selectField,
  type View,
} from '../../../../ui/index.ts'
import type { Board } from '../../service/board.ts'
import { periodsOf } from '../filter.ts'
import { periodText } from '../views.ts'
import type { DistrictFigures } from './figures.ts'

/** The page of figures: what became of what was reported, by district, as bars and as a table. */
export function figuresPage(view: View, board: Board, figures: readonly DistrictFigures[], period: string | null): Html {
  const { t } = view
  return html`<h1>${t('reports.public.figures.title')}</h1>
    <p class="st-lead">${t('reports.public.figures.lead')}</p>
    <form method="get" action="/reports/figures" class="st-flow">
      ${selectField({
        id: 'period',
        name: 'period',
        label: t('reports.public.period'),
        value: period,
        empty: t('reports.public.all'),
        options: periodsOf(board.platform).map((value) => ({ value, label: periodText(view, value) })),
      })}
      ${button(t('reports.public.show'), { kind: 'secondary' })}
    </form>
    <section class="st-flow" aria-labelledby="became">
      <h2 id="became">${t('reports.public.figures.became')}</h2>
      ${chart(view, board, figures)} ${table(view, board, figures)}
    </section>
    <section class="st-flow" aria-labelledby="notfixed">
      <h2 id="notfixed">${t('reports.public.figures.notfixed')}</h2>
      ${others(view, board, figures)}
    </section>
    <h2>${t('reports.public.figures.how')}</h2>
    <p>${t('reports.public.figures.how.text')}</p>
    <p>${linkButton('/reports', t('reports.public.to_list'), { kind: 'secondary' })}</p>`
}

const LOOKS = [
  ['confirmed', 1],
  ['silent', 2],
  ['checking', 3],
  ['open', 4],
  ['other', 5],
] as const

function otherEnds({ standing }: DistrictFigures): number {
  const { not_ours, duplicate, no_action, referred, withdrawn, elsewhere } = standing
  return not_ours + duplicate + no_action + referred + withdrawn + elsewhere
}

function chart(view: View, board: Board, figures: readonly DistrictFigures[]): Html {
  return barChart({
    parts: LOOKS.map(([name, look]) => ({ look, label: view.t(`reports.public.bar.${name}`) })),
    bars: figures.map((each) => ({
      label: districtText(view, board, each.district),
      values: [each.standing.confirmed, each.standing.silent, each.standing.checking, each.standing.open, otherEnds(each)],
      total: view.t('reports.public.number', { count: each.opened }),
    })),
    tableId: 'figures-caption',
  })
}

function table(view: View, board: Board, figures: readonly DistrictFigures[]): Html {
  const { t } = view
  const number = (count: number): string => t('reports.public.number', { count })
  return dataTable({
    id: 'figures',
    caption: t('reports.public.figures.table'),
    head: [
      t('reports.public.district'),
      t('reports.public.figures.opened'),
      t('reports.public.bar.confirmed'),
      t('reports.public.bar.silent'),
      t('reports.public.bar.checking'),
      t('reports.public.bar.open'),
      t('reports.public.bar.other'),
      t('reports.public.figures.reopened'),
      t('reports.public.figures.median'),
    ],
    rows: figures.map((each) => [
      districtText(view, board, each.district),
      number(each.opened),
      number(each.standing.confirmed),
      number(each.standing.silent),
      number(each.standing.checking),
      number(each.standing.open),
      number(otherEnds(each)),
      each.reopenedShare === null ? '–' : t('reports.public.percent', { share: Math.round(each.reopenedShare * 100) }),
      each.medianDays === null ? t('reports.public.figures.toofew') : number(each.medianDays),
    ]),
    numeric: [1, 2, 3, 4, 5, 6, 7, 8],
  })
}

const OTHERS = ['not_ours', 'duplicate', 'no_action', 'referred', 'withdrawn', 'elsewhere'] as const

function others(view: View, board: Board, figures: readonly DistrictFigures[]): Html {
  const { t } = view
  return dataTable({
    id: 'others',
    caption: t('reports.public.figures.others'),
    head: [t('reports.public.district'), ...OTHERS.map((name) => t(`reports.public.standing.${name}`))],
    rows: figures.map((each) => [
      districtText(view, board, each.district),
      ...OTHERS.map((name) => t('reports.public.number', { count: each.standing[name] })),
    ]),
    numeric: OTHERS.map((_, at) => at + 1),
  })
}

function districtText(view: View, board: Board, id: string | null): Content {
  const found = board.places?.districts.find((each) => each.id === id)
  return found ? plainWords(view, found.name) : view.t('reports.public.outside')
}

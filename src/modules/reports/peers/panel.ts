import { inLanguage } from '../../../kernel/text.ts'
import { button, type Content, html, instant, summaryList, tag, type Tone, type View, words } from '../../../ui/index.ts'
import type { Report } from '../report.ts'
import type { Board } from '../service/index.ts'
import { type Handover, handoverOf } from './store.ts'

const tones: Readonly<Record<Handover['state'], Tone>> = { waiting: 'info', sent: 'success', failed: 'danger', over: 'neutral' }

/** Faults that have words of their own; others are a status of the other server. */
const FAULTS = ['away', 'too_slow', 'too_long', 'no_service', 'no_endpoint', 'no_receipt', 'no_id', 'not_found', 'hidden'] as const

/** For officers: how it stands with a report that was handed over to another body's server; nothing for any other report. */
export async function handOverPanel(board: Board, view: View, report: Pick<Report, 'id' | 'hidden'>): Promise<Content> {
  const handover = await handoverOf(board.platform.db, report.id)
  if (!handover) return null
  const { t } = view
  const authority = board.categories.authority(handover.authority)
  return html`<section class="st-flow" aria-labelledby="handover">
    <h2 id="handover">${t('reports.peers.title')}</h2>
    ${summaryList([
      { key: t('reports.peers.key.authority'), value: authority ? words(view, authority.name) : html`<bdi>${handover.authority}</bdi>` },
      { key: t('reports.peers.key.state'), value: tag(t(`reports.peers.state.${handover.state}`), tones[handover.state]) },
      ...rowsOf(view, handover),
    ])}
    ${handover.state === 'failed' && !report.hidden && again(view, handover)}
  </section>`
}

function rowsOf(view: View, handover: Handover) {
  const { t } = view
  const { remote_id: id, remote_status: status, tries, next_at: next, fault } = handover
  return [
    ...(id === null ? [] : [{ key: t('reports.peers.key.remote'), value: html`<bdi>${id}</bdi>` }]),
    ...(status === null
      ? []
      : [
          { key: t('reports.peers.key.status'), value: t(status === 'closed' ? 'reports.peers.closed_there' : 'reports.peers.open_there') },
        ]),
    ...(tries === 0 ? [] : [{ key: t('reports.peers.key.tries'), value: String(tries) }]),
    ...(fault === null ? [] : [{ key: t('reports.peers.key.fault'), value: faultWords(view, fault) }]),
    ...(next === null ? [] : [{ key: t('reports.peers.key.next'), value: instant(view, next) }]),
  ]
}

function faultWords({ t }: View, fault: string): string {
  const known = FAULTS.find((each) => each === fault)
  return known ? t(`reports.peers.fault.${known}`) : t('reports.peers.fault.status', { status: fault.replace(/^status_/, '') })
}

function again({ t }: View, { report_id: id }: Handover): Content {
  return html`<p>${t('reports.peers.failed')}</p>
    <form method="post" action="${`/officer/reports/${id}/hand-over`}">${button(t('reports.peers.again'), { kind: 'secondary' })}</form>`
}

/** Who wrote a line that came from another body's server: "Region Roads says"; null when the report was not handed over. */
export function peerSays(view: View, board: Board, report: Pick<Report, 'closure'>): string | null {
  if (report.closure?.outcome !== 'not_ours') return null
  const authority = board.categories.authority(report.closure.authority)
  return authority ? view.t('reports.peers.says', { authority: inLanguage(authority.name, view.locale).text }) : null
}

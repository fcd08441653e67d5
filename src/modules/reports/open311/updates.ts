import type { FastifyReply } from 'fastify'
import { createHash } from 'node:crypto'
import { parseReference } from '../../../kernel/id.ts'
import { anonymous } from '../../access/index.ts'
import { encodeUpdateReceipt, encodeUpdates, type RequestUpdate, w3cDateTime } from '../../open311/index.ts'
import { publicReport, writeUpdate } from '../service/index.ts'
import { admitReader, type Door, give, referenceOf, refuseOtherJurisdiction, type Visit } from './door.ts'
import { refuse } from './fault.ts'
import { queryOf } from './reading.ts'
import { toldUpdates, type ToldUpdate, updateBySource } from './store.ts'

/** FixMyStreet's GET Service Request Updates: the public lines of reports, the newest first; 90 days unless dates are named. */
export async function giveUpdates(door: Door, visit: Visit, reply: FastifyReply): Promise<FastifyReply> {
  await admitReader(door, visit)
  refuseOtherJurisdiction(door, visit, visit.ask('jurisdiction_id'))
  const query = queryOf(door, visit, true)
  const references = query.ids?.flatMap((each) => parseReference(each.slice(0, 100)) ?? []) ?? null
  const rows = await toldUpdates(
    door.board.platform.db,
    { from: query.from, to: query.to, references },
    { limit: query.size, offset: (query.page - 1) * query.size },
  )
  return give(reply, visit, encodeUpdates(rows.map((row) => told(visit, row, query.extensions)), visit.format)) // prettier-ignore
}

function told({ t }: Visit, row: ToldUpdate, extensions: boolean): RequestUpdate {
  const said = row.text === '' ? null : row.text
  return {
    update_id: row.id,
    service_request_id: row.reference,
    status: extensions ? fixMyStreetState(row) : row.state === 'closed' ? 'closed' : 'open',
    updated_datetime: w3cDateTime(row.created_at),
    description: said ?? t(`open311.update.${row.kind === 'state' ? row.state : row.kind}`),
    media_url: null,
  }
}

/** FixMyStreet's states beyond open and closed; "fixed" only when it was confirmed. */
function fixMyStreetState({ state, outcome }: ToldUpdate): string {
  switch (state) {
    case 'received':
      return 'open'
    case 'assigned':
      return 'action_scheduled'
    case 'in_progress':
    case 'checking':
      return 'in_progress'
    case 'closed':
      return closedState(outcome)
  }
}

function closedState(outcome: ToldUpdate['outcome']): string {
  switch (outcome) {
    case 'fixed':
      return 'fixed'
    case 'not_ours':
      return 'not_councils_responsibility'
    case 'duplicate':
      return 'duplicate'
    case 'no_action':
      return 'no_further_action'
    default:
      return 'closed'
  }
}

/**
 * FixMyStreet's POST Service Request Updates: words for a report, masked like all public words. A status is read and not
 * taken over: only evidence closes a report here. The same `update_id` of the same client is one update.
 */
export async function postUpdate(
  door: Door,
  visit: Visit,
  reply: FastifyReply,
  form: ReadonlyMap<string, string>,
  clientId: string,
): Promise<FastifyReply> {
  const { t } = visit
  const text = (name: string): string => form.get(name)?.trim() ?? ''
  const wrong = [
    ...(text('service_request_id') === '' ? [t('open311.error.request_needed')] : []),
    ...(text('description') === '' ? [t('open311.error.update_needed')] : []),
  ]
  if (wrong.length > 0) refuse('open311.invalid', 400, wrong)
  const report = await publicReport(door.board, referenceOf(visit, text('service_request_id')))
  const own = text('update_id')
  const hash = createHash('sha256')
    .update(JSON.stringify(own === '' ? [text('description'), text('updated_datetime')] : [own]))
    .digest('base64url')
  const sourceId = `${clientId}:${hash}`
  const added = await writeUpdate(door.board, anonymous('open311'), report.id, text('description'), { as: 'public', sourceId })
  const id = added ?? (await updateBySource(door.board.platform.db, report.id, sourceId)) ?? ''
  return give(reply, visit, encodeUpdateReceipt(id, visit.format), added === null ? 200 : 201)
}

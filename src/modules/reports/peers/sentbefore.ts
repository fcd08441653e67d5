import { decodeRequests, type ServiceRequest, w3cDateTime } from '../../open311/index.ts'
import { exchange, type Reply } from './exchange.ts'
import { mannersOf } from './servers.ts'

/** Clocks of other servers may be behind by so much. */
const CLOCKS = 3_600_000
/** The specification lets no search span more than ninety days. */
const LONGEST = 89 * 86_400_000
/** So many pages are read, each with this patience: together well within the time that a try has. */
const MOST_PAGES = 4
const PATIENCE = 12_000

/** The id under which another server has what we sent; `unsure` is the answer because of which it is not to be sent now. */
export type Before = { readonly id: string | null; readonly unsure: Reply | null }

/**
 * Looks among the requests of another server (GET Service Requests of GeoReport v2) for one that tells of our reference.
 * A server that refuses to list its requests has none for us; one that gives no whole answer leaves it unsure.
 */
export async function sentBefore(url: URL, reference: string, since: Date, now: Date): Promise<Before> {
  const from = Math.max(since.getTime() - CLOCKS, now.getTime() - LONGEST)
  const seen = new Set<string>()
  for (let page = 1; page <= MOST_PAGES; page += 1) {
    const asked = new URL(url)
    asked.searchParams.set('start_date', w3cDateTime(new Date(from)))
    asked.searchParams.set('end_date', w3cDateTime(new Date(now.getTime() + CLOCKS)))
    if (page > 1) asked.searchParams.set('page', String(page))
    const reply = await exchange({ url: asked, patience: PATIENCE, bytes: 20_000_000 })
    const refused = reply.status === 501 || (reply.status >= 400 && reply.status < 500 && ![408, 425, 429].includes(reply.status))
    if (refused) return { id: null, unsure: null }
    const found = reply.status === 200 ? requestsIn(reply) : null
    if (found === null) return { id: null, unsure: reply }
    const ours = found.find(({ description }) => description?.includes(reference))
    if (ours) return { id: ours.service_request_id, unsure: null }
    const fresh = found.filter(({ service_request_id: id }) => !seen.has(id))
    for (const { service_request_id: id } of fresh) seen.add(id)
    if (fresh.length === 0 || mannersOf(url).pages === false) break
  }
  return { id: null, unsure: null }
}

function requestsIn(reply: Reply): readonly ServiceRequest[] | null {
  try {
    return decodeRequests(reply.text)
  } catch {
    return null
  }
}

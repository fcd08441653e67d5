import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { encodeRequests, encodeServices, type ServiceRequest, w3cDateTime } from '../../src/modules/open311/index.ts'
import { serverAddress } from '../../src/modules/reports/peers/index.ts'

/** A day in milliseconds. */
export const DAY = 86_400_000

/** Another city's server: with pages of `limit`, or without pages. */
export class Peer {
  readonly requests = new Map<string, ServiceRequest>()
  readonly asked: URL[] = []
  readonly headers: Array<Record<string, unknown>> = []
  limit = 50
  pages = true
  busy = 0
  json = true
  #server: Server | null = null

  /** Listens at a free port; gives the address that is asked. */
  async start(): Promise<URL> {
    this.#server = createServer((message, response) => {
      const url = new URL(message.url ?? '/', 'http://localhost')
      this.asked.push(url)
      this.headers.push({ ...message.headers })
      const format = url.pathname.endsWith('.json') ? 'json' : 'xml'
      if (this.busy > 0) {
        this.busy -= 1
        response.writeHead(429, { 'retry-after': '7' }).end()
      } else if (format === 'json' && !this.json) response.writeHead(404).end('<html>no</html>')
      else if (url.pathname.includes('/services.')) this.#services(format, message.headers['if-none-match'] === '"v1"', response)
      else response.writeHead(200).end(encodeRequests(this.#list(url.searchParams), format))
    })
    await new Promise<void>((done) => this.#server?.listen(0, '127.0.0.1', done))
    return serverAddress(`http://localhost:${(this.#server.address() as AddressInfo).port}/v2`)
  }

  #services(
    format: 'xml' | 'json',
    same: boolean,
    response: { writeHead(status: number, headers?: Record<string, string>): { end(body?: string): void } },
  ): void {
    const names = new Map([...this.requests.values()].map((each) => [each.service_code ?? '', each.service_name ?? '']))
    const list = [...names].map(([service_code, service_name]) => ({ service_code, service_name, description: null, metadata: false, type: 'realtime' as const, keywords: null, group: null })) // prettier-ignore
    if (same) response.writeHead(304).end()
    else response.writeHead(200, { etag: '"v1"' }).end(encodeServices(list, format))
  }

  #list(query_: URLSearchParams): ServiceRequest[] {
    const ids = query_.get('service_request_id')?.split(',')
    const [start, end] = [query_.get('start_date'), query_.get('end_date')].map((each) => (each === null ? null : Date.parse(each)))
    const found = [...this.requests.values()]
      .filter((each) =>
        ids ? ids.includes(each.service_request_id) : at(each) >= (start ?? 0) && at(each) <= (end ?? Number.POSITIVE_INFINITY),
      )
      .toSorted((a, b) => at(b) - at(a))
    const page = this.pages ? Number(query_.get('page') ?? '1') : 1
    return found.slice((page - 1) * this.limit, page * this.limit)
  }

  /** Adds a request that was made so many days ago. */
  add(id: string, daysAgo: number, more: Partial<ServiceRequest> = {}): void {
    const time = w3cDateTime(new Date(Date.now() - daysAgo * DAY))
    this.requests.set(id, {
      service_request_id: id, status: 'open', status_notes: null, service_name: 'Pozo en la calle', service_code: 'X 1', description: 'A hole & more', agency_responsible: null,
      service_notice: null, requested_datetime: time, updated_datetime: time, expected_datetime: null, address: '1 Fictional Street', address_id: null, zipcode: null,
      lat: 10.5, long: -20.25, media_url: null, ...more,
    }) // prettier-ignore
  }

  /** Changes a request that it has, as of now. */
  change(id: string, more: Partial<ServiceRequest>): void {
    const known = this.requests.get(id)
    assert.ok(known)
    this.requests.set(id, { ...known, updated_datetime: w3cDateTime(new Date()), ...more })
  }

  /** Listens no more; also when it never did, or stopped before. */
  async stop(): Promise<void> {
    this.#server?.closeAllConnections()
    await new Promise<void>((done) => (this.#server ? this.#server.close(() => done()) : done()))
  }
}
/** When a request was made, in milliseconds. */
const at = (request: ServiceRequest): number => Date.parse(request.requested_datetime ?? '')

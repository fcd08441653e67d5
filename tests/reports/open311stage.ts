import assert from 'node:assert/strict'
import { decodeDefinition, decodeReceipt, decodeRequests, type Format } from '../../src/modules/open311/index.ts'
import { startApp } from '../support/app.ts'

/** The formats in which everything is told. */
export const formats: readonly Format[] = ['xml', 'json']
/** The key of the demo's client. */
export const KEY = 'harbourview-demo-key'
/** A place in the city. */
export const HERE = { lat: '39.005', long: '-30.502' }
/** The content type of each format. */
export const types = { xml: 'text/xml; charset=utf-8', json: 'application/json; charset=utf-8' } as const

type Form = Record<string, string | string[]>

/** A city whose GeoReport v2 is asked: `startOpen311` opens it. */
export type Open311 = Awaited<ReturnType<typeof startOpen311>>

/** Starts a city with its accounts; its clock is the machine's, and `pass` puts it forward by milliseconds. */
export async function startOpen311() {
  let ahead = 0
  const now = (): number => Date.now() + ahead
  const city = await startApp({ accounts: true, overrides: { now: () => new Date(now()) } })

  const get = (path: string, headers: Record<string, string> = {}) =>
    city.app.server.inject({ method: 'GET', url: `/open311/v2/${path}`, headers })
  const post = (path: string, form: Form, headers: Record<string, string> = {}) => {
    const body = new URLSearchParams(
      Object.entries(form).flatMap(([name, value]) => [value].flat().map((each): [string, string] => [name, each])),
    )
    return city.app.server.inject({
      method: 'POST',
      url: `/open311/v2/${path}`,
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      payload: body.toString(),
    })
  }

  const answers: Record<string, Record<string, string>> = {}
  for (const service of ['graffiti', 'litter']) {
    const definition = await get(`services/${service}.json`)
    const asked = definition.statusCode === 200 ? (decodeDefinition(definition.body)?.attributes ?? []) : []
    const needed = asked.filter((each) => each.required)
    answers[service] = Object.fromEntries(needed.map((each) => [`attribute[${each.code}]`, each.values[0]?.key ?? '1']))
  }
  const report = (more: Form = {}, service = 'graffiti') => ({
    api_key: KEY,
    service_code: service,
    ...HERE,
    description: `A wall of words ${Math.random()}`,
    ...answers[service],
    ...more,
  })

  return {
    city,
    now,
    get,
    post,
    report,
    pass(milliseconds: number): void {
      ahead += milliseconds
    },
    /** Sends a report; gives its reference. */
    async make(more: Form = {}, service = 'graffiti'): Promise<string> {
      const done = await post('requests.json', report(more, service))
      assert.equal(done.statusCode, 201, done.body)
      return decodeReceipt(done.body)?.service_request_id ?? ''
    },
    /** What is told of one report. */
    one: async (id: string, more = '') => decodeRequests((await get(`requests/${id}.json${more}`)).body)[0],
  }
}

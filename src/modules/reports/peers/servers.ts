/** How a server is asked, where the specification leaves it open or the server departs from it. */
export type Manners = {
  /** The most requests on one page; null when it is not known. */
  readonly limit: number | null
  /** Whether `page=2` gives the next ones; null when it has to be found out. */
  readonly pages: boolean | null
  readonly jurisdiction: string | null
  /** Whether reading needs a key. */
  readonly key: boolean
  /** Why it is not to be asked any more. */
  readonly gone: string | null
}

const unknown: Manners = { limit: null, pages: null, jurisdiction: null, key: false, gone: null }

/**
 * Manners of public servers, as the public register of Open311 endpoints tells them: what the address begins with, the
 * page limit (null: no pages), and what else is particular.
 */
const known: ReadonlyArray<readonly [prefix: string, limit: number | null, more?: Partial<Manners>]> = [
  ['anliegen.annaberg-buchholz.de/georeport/v2', 50, { jurisdiction: 'annberg-buchholz.de', gone: 'it has moved to https://buergerbeteiligung.sachsen.de/' }],
  ['bloomington.in.gov/crm/open311/v2', 1000, { jurisdiction: 'bloomington.in.gov' }],
  ['anliegen.bonn.de/georeport/v2', 100, { jurisdiction: 'bonn.de' }],
  ['311.boston.gov/open311/v2', 50],
  ['spot.brooklinema.gov/open311/v2', 50, { jurisdiction: 'brooklinema.gov' }],
  ['311.austintexas.gov/open311/v2', 50],
  ['311api.cityofchicago.org/open311/v2', 50, { jurisdiction: 'cityofchicago.org' }],
  ['311request.nnva.gov/open311/v2', 50, { jurisdiction: 'cityofnewport_news.org' }],
  ['san-diego.spotreporters.com/open311/v2', 50, { jurisdiction: 'sandiego.gov' }],
  ['sags-uns.stadt-koeln.de/georeport/v2', 50, { jurisdiction: 'stadt-koeln.de' }],
  ['city-of-ottawa-prod.apigee.net/open311/v2', 1000, { jurisdiction: 'ottawa.ca', gone: 'it was given up' }],
  ['www.klarschiff-hro.de/backoffice/citysdk', null, { jurisdiction: 'rostock.de' }],
  ['www.klarschiff-mv.de/backoffice/citysdk', null],
  ['www.klarschiff-hgw.de/citysdk', null],
  ['www.klarschiff-sn.de/backoffice/citysdk', null, { jurisdiction: 'schwerin.de' }],
  ['mobile311.sfgov.org/open311/v2', 50],
  ['anliegen.siegburg.de/georeport/v2', 50, { jurisdiction: 'siegburg.de', gone: 'it has moved to https://mitmachen.siegburg.de/deficiency_reports' }],
  ['anliegen.udh-pb.de/georeport/v2', 100],
  ['www.maak-et.de/georeport/v2', 100],
  ['machmuenchenbesser.de/georeport/v2', 100],
  ['opaskartta.turku.fi/efeedback/api/georeport/6aika', null],
  ['easiointi.espoo.fi/efeedback/api/georeport/6aika', null, { jurisdiction: 'espoo' }],
  ['e-kartta.ouka.fi/efeedback/api/georeport/v2', null, { jurisdiction: 'oulu' }],
  ['www.zueriwieneu.ch/open311/v2', 100, { jurisdiction: 'stadt-zuerich.ch' }],
  ['www.fixmystreet.com/open311/v2', 1000, { jurisdiction: 'fixmystreet' }],
  ['www.fiksgatami.no/open311/v2', 1000, { jurisdiction: 'fiksgatami.no' }],
  ['api.phila.gov/open311/v2', 1000],
  ['seeclickfix.com/open311/v2/225', 20, { gone: 'it was given up' }],
  ['seeclickfix.com/open311/v2', 20],
  ['www.zaragoza.es/api/recurso/open311', 50],
  ['www.stlouis-mo.gov/powernap/stlouis/api.cfm', 1000, { key: true }],
] // prettier-ignore

/** The manners of the server behind an address; those of an unknown one are found out while asking. */
export function mannersOf(url: URL): Manners {
  const place = `${url.host}${url.pathname.replace(/\/+$/, '')}`
  const found = known.find(([prefix]) => place === prefix || place.startsWith(`${prefix}/`))
  if (!found) return unknown
  const [, limit, more] = found
  return { ...unknown, limit, pages: limit !== null, ...more }
}

/** The address of a server as it was typed or registered: some are registered without their scheme. Throws an Error in words. */
export function serverAddress(typed: string): URL {
  const url = URL.parse(/^[a-z]+:\/\//i.test(typed) ? typed : `https://${typed}`)
  if (!url || !/^(https?|file):$/.test(url.protocol) || url.username !== '') throw new Error(`${typed} is no address of a server.`)
  url.pathname = url.pathname.replace(/\/+$/, '')
  return url
}

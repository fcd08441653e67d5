import type { FastifyRequest } from 'fastify'
import { pino } from 'pino'
import { allMessages } from '../../src/declared.ts'
import { direction } from '../../src/kernel/text.ts'
import {
  loadPlaces,
  mapField,
  mapPicture,
  mapRoutes,
  mapView,
  openTiles,
  placeLabel,
  type Places,
  readChooser,
} from '../../src/modules/places/index.ts'
import { loadCity } from '../../src/platform/city.ts'
import { createServer } from '../../src/platform/http/server.ts'
import { formOf, textOf } from '../../src/platform/http/routes.ts'
import { button, type Html, html, layout, linkButton, type Pages, textField, type View } from '../../src/ui/index.ts'
import { createAssets } from '../../src/web/assets.ts'
import { root } from '../support/app.ts'
import { freePort } from '../support/port.ts'

/** Pages with maps on a server with the program's own headers, and nothing else. */
export type Stage = {
  readonly url: string
  readonly places: Places
  /** What `things.json` was asked, newest last. */
  readonly asked: URLSearchParams[]
  close(): Promise<void>
}

/** Starts the stage; `tiles` is the path of an operator's own map. */
export async function setStage(tiles: string | null = null): Promise<Stage> {
  const [city, words] = await Promise.all([loadCity(`${root}/city`), allMessages()])
  const [places, assets] = await Promise.all([loadPlaces(city.folder), createAssets(city)])
  const port = await freePort()
  const url = `http://localhost:${port}`
  const view = (request: FastifyRequest): View => {
    const locale = textOf(request.query, 'lang') ?? 'en'
    return {
      t: words.translator(locale), locale, dir: direction(locale), city, path: '/', query: '', viewer: null, nav: [], demo: false,
      assets: assets.urls, sessionSeconds: null, publicOrigin: url,
    } // prettier-ignore
  }
  const pages: Pages = {
    view,
    send: (request, reply, page) => reply.type('text/html; charset=utf-8').send(String(layout(view(request), page))),
  }
  const { app } = createServer({
    log: pino({ level: 'silent' }),
    publicOrigin: url,
    originGiven: false,
    trustProxy: [],
    now: () => new Date(),
    problemPage: async (_request, problem) => problem.detail,
    readyKey: () => null,
    onVisit: async () => undefined,
  })
  assets.routes(app)
  mapRoutes({ places, pages, tiles: tiles === null ? null : await openTiles(tiles) })(app)
  const asked: URLSearchParams[] = []
  const open = { config: { access: 'public' } } as const
  const page = (title: string, main: Html) => ({ title, main: html`<h1>${title}</h1>${main}` })
  app.get('/pick', open, (request, reply) => pages.send(request, reply, page('Pick', pickForm(view(request), places, {}))))
  app.post('/pick', open, (request, reply) => {
    const form = formOf(request)
    const { point, moved } = readChooser(places, form, 'place')
    if (moved) return pages.send(request, reply, page('Pick', pickForm(view(request), places, form)))
    return pages.send(request, reply, page('Sent', html`<p id="sent">${point ? `${point.lat},${point.long}` : 'none'}</p>`))
  })
  app.get('/look', open, (request, reply) => pages.send(request, reply, page('Look', lookPage(view(request), places))))
  app.get('/picture', open, (request, reply) => {
    const at = { lat: 39.0043, long: -30.5003 }
    return pages.send(request, reply, page('Picture', mapPicture(view(request), { ...at, alt: placeLabel(view(request), places, at) })))
  })
  app.get('/things.json', open, (request, reply) => {
    const query = new URLSearchParams(String(request.raw.url).split('?')[1])
    asked.push(query)
    return reply.send(things(Number(query.get('zoom'))))
  })
  await app.listen({ host: '127.0.0.1', port })
  return { url, places, asked, close: () => app.close() }
}

function pickForm(view: View, places: Places, form: Record<string, unknown>): Html {
  const { look, point } = readChooser(places, form, 'place')
  return html`<form method="post" action="/pick">
    ${textField({ id: 'note', name: 'note', label: 'Note' })}
    ${mapField(view, { places, name: 'place', point, look })}
    ${button('Continue', { id: 'go' })}
  </form>`
}

function lookPage(view: View, places: Places): Html {
  return html`${mapView(view, { places, label: 'Open reports', list: 'list', source: '/things.json?bbox={bbox}&zoom={zoom}' })}
    <ul id="list">
      <li id="one" data-lat="39.004" data-long="-30.5">${linkButton('/one', 'One')}</li>
      <li data-map-id="r2" >${linkButton('/two', 'Two')}</li>
    </ul>`
}

/** From afar a cluster and a hexagon, from near single places. */
function things(zoom: number): object {
  const feature = (geometry: object, properties: object): object => ({ type: 'Feature', geometry, properties })
  const point = (long: number, lat: number): object => ({ type: 'Point', coordinates: [long, lat] })
  const ring = Array.from({ length: 7 }, (_, at) => [
    -30.49 + 0.004 * Math.cos((at * Math.PI) / 3),
    39.01 + 0.003 * Math.sin((at * Math.PI) / 3),
  ])
  const features =
    zoom < 15
      ? [
          feature(point(-30.505, 39.006), { count: 1234 }),
          feature({ type: 'Polygon', coordinates: [ring] }, { weight: 0.7, label: '12 reports' }),
        ]
      : [
          feature(point(-30.505, 39.006), { id: 'r2', label: 'Two', tone: 'warning' }),
          feature(point(-30.5045, 39.0065), { id: 'r3', label: 'Three', href: '/three' }),
        ]
  return { type: 'FeatureCollection', features }
}

import type { FastifyReply, FastifyRequest } from 'fastify'
import { once } from '../../../kernel/once.ts'
import { Problem } from '../../../kernel/problem.ts'
import { encodingFor, makeReady, type ReadyBody } from '../../../platform/http/ready.ts'
import { sha256 } from '../../../platform/crypto.ts'
import { type RouteModule, textOf } from '../../../platform/http/routes.ts'
import type { Pages } from '../../../ui/index.ts'
import type { Places } from '../gazetteer.ts'
import { readPicture, readPoint } from './address.ts'
import { baseMap } from './basemap.ts'
import { placeLabel } from './label.ts'
import { streetLabels } from './labels.ts'
import { drawPicture, PICTURE_POLICY } from './picture.ts'
import { sendRange, type TilesFile } from './tiles.ts'

/** What the map's routes are made of. */
export type MapParts = {
  readonly places: Places
  readonly pages: Pages
  /** The operator's own map (PMTiles, version 3); null: the city's own drawing. */
  readonly tiles: TilesFile | null
}

const TILES_PATH = '/map/city.pmtiles'
/** How long a browser keeps a picture or the basemap without asking again, in seconds. */
const KEPT_SECONDS = 3600

/** The basemap, pictures of the map, the words for a position, and the operator's own map when there is one. */
export function mapRoutes({ places, pages, tiles }: MapParts): RouteModule {
  const labels = once(() => streetLabels(places))
  const base = once(() =>
    makeReady('application/geo+json; charset=utf-8', baseMap(places, labels(), tiles && { ...tiles, url: TILES_PATH }), 0),
  )
  return (app) => {
    app.get('/map/base.json', { config: { access: 'public' } }, (request, reply) => sendReady(request, reply, base()))
    app.get('/map/picture.svg', { config: { access: 'public' } }, (request, reply) => {
      const picture = readPicture((name) => textOf(request.query, name))
      if ('fault' in picture) throw new Problem('map.picture', 400, `This picture cannot be drawn. Check ${picture.fault}.`)
      void reply.header('content-security-policy', PICTURE_POLICY)
      const drawing = drawPicture(places, labels(), picture)
      keep(reply, `"${sha256(drawing).slice(0, 20)}"`)
      return isKept(request, reply) ? reply.code(304).send() : reply.type('image/svg+xml; charset=utf-8').send(drawing)
    })
    app.get('/map/at.json', { config: { access: 'public' } }, (request, reply) => {
      const point = readPoint(`${textOf(request.query, 'lat') ?? ''},${textOf(request.query, 'long') ?? ''}`)
      if (point === null) throw new Problem('map.position', 400, 'Give lat and long in degrees.')
      const metres = Math.round(places.metresOutside(point.lat, point.long))
      return reply.send({ label: placeLabel(pages.view(request), places, point), inside: metres === 0, metres })
    })
    if (tiles) app.get(TILES_PATH, { config: { access: 'public' } }, (request, reply) => sendRange(request, reply, tiles))
  }
}

function sendReady(request: FastifyRequest, reply: FastifyReply, ready: ReadyBody): FastifyReply {
  keep(reply, ready.etag)
  if (isKept(request, reply)) return reply.code(304).send()
  const { body, encoding } = encodingFor(ready, request.headers['accept-encoding'])
  if (encoding) void reply.header('content-encoding', encoding)
  return reply.type(ready.type).send(body)
}

function keep(reply: FastifyReply, etag: string): void {
  void reply.header('etag', etag).header('cache-control', `public, max-age=${KEPT_SECONDS}`).header('vary', 'accept-encoding')
}

function isKept(request: FastifyRequest, reply: FastifyReply): boolean {
  return request.headers['if-none-match'] === reply.getHeader('etag')
}

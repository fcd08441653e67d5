import type { Places } from '../gazetteer.ts'
import { middleOfRing } from '../names.ts'
import type { Position } from '../places.ts'
import { degrees } from './address.ts'
import type { StreetLabel } from './labels.ts'
import type { TilesFile } from './tiles.ts'

type Tiles = Pick<TilesFile, 'maxZoom' | 'attribution'> & { readonly url: string }

/**
 * The basemap as GeoJSON (RFC 7946): sea, land, parks, waters and streets in the order they are drawn. The foreign
 * member `labels` has the names of streets as [street's place among the streets, long, lat, angle, zoom]; `tiles` is the
 * operator's own map, which is drawn instead when it is there.
 */
export function baseMap(places: Places, labels: readonly StreetLabel[], tiles: Tiles | null): string {
  const areas = (kind: string): object[] =>
    places.nature.filter((one) => one.kind === kind).map(({ id, rings, name }) => polygon(id, rings, { kind, name, ...middleOf(rings) }))
  const land = places.districts.map(({ id, name, rings }) => polygon(id, rings, { kind: 'district', name, ...middleOf(rings) }))
  const streets = places.streets.map(({ id, name, line }) => ({
    type: 'Feature',
    id,
    properties: { kind: 'street', name },
    geometry: { type: 'LineString', coordinates: line },
  }))
  const order = new Map(places.streets.map(({ name }, at) => [name, at]))
  return JSON.stringify({
    type: 'FeatureCollection',
    ...(tiles && { tiles: { url: tiles.url, maxZoom: tiles.maxZoom }, attribution: tiles.attribution }),
    features: [...areas('sea'), ...land, ...areas('park'), ...areas('water'), ...(tiles === null ? streets : [])],
    labels: tiles === null ? labels.map(({ text, long, lat, angle, zoom }) => [order.get(text), long, lat, angle, zoom]) : [],
  })
}

/** Where the area's name stands. */
function middleOf(rings: ReadonlyArray<readonly Position[]>): { middle: Position } {
  const { lat, long } = middleOfRing(rings[0] ?? [])
  return { middle: [Number(degrees(long)), Number(degrees(lat))] }
}

/** The rings stay as they are: a point is inside by the even-odd rule, and they are drawn by the same. */
function polygon(id: string, rings: ReadonlyArray<readonly Position[]>, properties: object): object {
  return { type: 'Feature', id, properties, geometry: { type: 'Polygon', coordinates: rings } }
}

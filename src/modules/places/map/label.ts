import { plainWords, type View } from '../../../ui/index.ts'
import type { Point } from '../geometry.ts'
import type { Places } from '../gazetteer.ts'

/** A house this near is where the place is; a street this near is the one it is on, in metres. */
const NEAR = { house: 40, street: 150 } as const

/** Where a point is, in the reader's words: the nearest house or street and the district; outside the city its degrees. */
export function placeLabel(view: View, places: Places, { lat, long }: Point): string {
  const district = places.districtAt(lat, long)
  if (district === null) return view.t('ui.map.outside', { lat: lat.toFixed(5), long: long.toFixed(5) })
  const name = plainWords(view, district.name)
  const house = places.nearestAddress(lat, long)
  if (house !== null && house.metres <= NEAR.house) return view.t('ui.map.near', { place: house.thing.line1, district: name })
  const street = places.nearestStreet(lat, long)
  return street !== null && street.metres <= NEAR.street ? view.t('ui.map.near', { place: street.thing.name, district: name }) : name
}

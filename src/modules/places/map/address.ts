import { LAST_LATITUDE, type Point } from '../geometry.ts'
import { type Picture, pictureLimits } from './picture.ts'

/** The address of a picture; the same picture has the same address. */
export function pictureAddress(picture: Picture): string {
  const query = [
    `lat=${degrees(picture.lat)}`,
    `long=${degrees(picture.long)}`,
    `zoom=${picture.zoom}`,
    `w=${picture.width}`,
    `h=${picture.height}`,
    picture.markers.length > 0
      ? `m=${picture.markers
          .slice(0, pictureLimits.markers)
          .map(({ lat, long }) => `${degrees(lat)},${degrees(long)}`)
          .join(';')}`
      : '',
    picture.cross ? 'cross=1' : '',
    picture.lang ? `lang=${encodeURIComponent(picture.lang)}` : '',
  ]
  return `/map/picture.svg?${query.filter((part) => part !== '').join('&')}`
}

/** The picture that a query asks for, or the name of the value that cannot be drawn. */
export function readPicture(query: (name: string) => string | null): Picture | { readonly fault: string } {
  const point = readPoint(`${query('lat') ?? ''},${query('long') ?? ''}`)
  if (point === null) return { fault: 'lat, long' }
  const zoom = whole(query('zoom') ?? '16', pictureLimits.zoom)
  if (zoom === null) return { fault: 'zoom' }
  const [width, height] = [whole(query('w') ?? '640', pictureLimits.side), whole(query('h') ?? '360', pictureLimits.side)]
  if (width === null) return { fault: 'w' }
  if (height === null) return { fault: 'h' }
  const markers = (query('m') ?? '').split(';').filter((part) => part !== '').slice(0, pictureLimits.markers + 1).map(readPoint) // prettier-ignore
  const known = markers.filter((marker) => marker !== null)
  if (known.length !== markers.length || markers.length > pictureLimits.markers) return { fault: 'm' }
  const lang = query('lang') ?? ''
  if (!/^([a-zA-Z0-9-]{2,35})?$/.test(lang)) return { fault: 'lang' }
  return { ...point, zoom, width, height, markers: known, cross: query('cross') === '1', lang }
}

/** `lat,long` in plain degrees; null when it is no point that a map can show. */
export function readPoint(text: string): Point | null {
  const found = /^(-?\d{1,2}(?:\.\d{1,10})?),(-?\d{1,3}(?:\.\d{1,10})?)$/.exec(text)
  if (!found) return null
  const [lat, long] = [Number(found[1]), Number(found[2])]
  return Math.abs(lat) <= LAST_LATITUDE && Math.abs(long) <= 180 ? { lat, long } : null
}

/** A whole number within limits, both included. */
export function whole(text: string, [least, most]: readonly [number, number]): number | null {
  const value = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  return value >= least && value <= most ? value : null
}

/** Degrees to six decimals, about a tenth of a metre, without an exponent. */
export function degrees(value: number): string {
  const text = value.toFixed(6).replace(/\.?0+$/, '')
  return text === '-0' ? '0' : text
}

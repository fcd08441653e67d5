import { createHash } from 'node:crypto'
import { direction, inLanguage } from '../../../kernel/text.ts'
import { boundsOf, type Bounds, fromPixels, type Point, toPixels } from '../geometry.ts'
import type { Places } from '../gazetteer.ts'
import { middleOfRing } from '../names.ts'
import type { Position } from '../places.ts'
import type { StreetLabel } from './labels.ts'

/** What a map picture shows: its middle, how near (web map zoom, 10 to 19), its size in pixels, and pins. */
export type Picture = Point & {
  readonly zoom: number
  readonly width: number
  readonly height: number
  readonly markers: readonly Point[]
  /** Draws a cross in the middle, for pictures in which a place is chosen. */
  readonly cross?: boolean
  /** The language of names that there are in several. */
  readonly lang?: string
}

/** The limits of a picture; asking for more is refused. */
export const pictureLimits = { zoom: [10, 19], side: [64, 1280], markers: 60 } as const

/** The look of every picture, light and dark: the one style that its own page allows. */
export const PICTURE_STYLE =
  '.o{fill:#e9e7e2}.s{fill:#bfd9e6}.l{fill:#f6f4ee}.w{fill:#bfd9e6}.p{fill:#cfe3c0}.b{fill:none;stroke:#b9b2a4;stroke-dasharray:4 3}' +
  '.c{fill:none;stroke:#cfc8ba;stroke-linecap:round;stroke-linejoin:round}.r{fill:none;stroke:#fff;stroke-linecap:round;stroke-linejoin:round}' +
  '.t{fill:#4a463e;stroke:#fff;stroke-width:3;paint-order:stroke;font:12px system-ui,sans-serif;text-anchor:middle}' +
  '.n{font:600 13px system-ui,sans-serif}.m{fill:#b3261e;stroke:#fff;stroke-width:2}.d{fill:#fff}.x{stroke:#1d1b16;stroke-width:2;fill:none}' +
  '@media (prefers-color-scheme:dark){.o{fill:#16181a}.s,.w{fill:#17303d}.l{fill:#24262a}.p{fill:#22362a}.b{stroke:#5a5f66}' +
  '.c{stroke:#16181a}.r{stroke:#4a4f57}.t{fill:#e4e2dc;stroke:#1b1d20}.m{fill:#ff8a80;stroke:#1b1d20}.d{fill:#1b1d20}.x{stroke:#fff}}'

/** What the picture's own page may load: nothing, and no style but this one. */
export const PICTURE_POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(PICTURE_STYLE).digest('base64')}'`

/** The pixels of a picture, from its upper left corner. */
type Frame = { readonly at: (point: Point) => [number, number]; readonly seen: Bounds; readonly zoom: number }

/** Draws a map picture as SVG; the same bytes for the same picture. It holds names of places and nothing of any person. */
export function drawPicture(places: Places, labels: readonly StreetLabel[], picture: Picture): string {
  const { width, height, zoom } = picture
  const frame = frameOf(picture)
  const areas = (kind: string): string[] =>
    places.nature
      .filter((one) => one.kind === kind)
      .map(({ rings }) => area(frame, rings, kind === 'sea' ? 's' : kind === 'water' ? 'w' : 'p'))
  const lines = places.streets.map(({ line }) => path(frame, line, false)).filter((d) => d !== '')
  const wide = streetWidth(zoom)
  const parts = [
    `<rect class="o" fill="#e9e7e2" width="${width}" height="${height}"/>`,
    ...areas('sea'),
    ...places.districts.map(({ rings }) => area(frame, rings, 'l')),
    ...areas('park'),
    ...areas('water'),
    ...places.districts.map(({ rings }) => area(frame, rings, 'b')),
    lines.length === 0 ? '' : `<path class="c" fill="none" stroke="#cfc8ba" stroke-width="${wide + 2}" d="${lines.join('')}"/>`,
    lines.length === 0 ? '' : `<path class="r" fill="none" stroke="#fff" stroke-width="${wide}" d="${lines.join('')}"/>`,
    ...labels.map((label) => nameAlong(frame, picture, label)),
    ...areaNames(frame, picture, places),
    picture.cross ? cross(width, height) : '',
    ...picture.markers.map((marker) => pin(frame, marker)),
  ]
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">` +
    `<style>${PICTURE_STYLE}</style>${parts.join('')}</svg>`
  )
}

/** The point under a pixel of a picture, counted from its upper left corner. */
export function pointAt(picture: Pick<Picture, 'lat' | 'long' | 'zoom' | 'width' | 'height'>, x: number, y: number): Point {
  const [middleX, middleY] = toPixels(picture, picture.zoom)
  return fromPixels(middleX - picture.width / 2 + x, middleY - picture.height / 2 + y, picture.zoom)
}

/** How wide a street is drawn, in pixels. */
function streetWidth(zoom: number): number {
  return [1, 1, 1, 1.5, 2.5, 4, 7, 10, 14, 18][zoom - 10] ?? 4
}

function frameOf(picture: Picture): Frame {
  const [middleX, middleY] = toPixels(picture, picture.zoom)
  const [left, top] = [middleX - picture.width / 2, middleY - picture.height / 2]
  const corners = [pointAt(picture, -40, -40), pointAt(picture, picture.width + 40, picture.height + 40)]
  return {
    zoom: picture.zoom,
    seen: boundsOf(corners.map(({ lat, long }): Position => [long, lat])),
    at(point) {
      const [x, y] = toPixels(point, picture.zoom)
      return [x - left, y - top]
    },
  }
}

/** Lines and areas of which nothing is in the picture are left out. */
function path({ at, seen }: Frame, line: readonly Position[], closed: boolean): string {
  const box = boundsOf(line)
  if (box.west > seen.east || box.east < seen.west || box.south > seen.north || box.north < seen.south) return ''
  const points = line.map(([long, lat]) => at({ lat, long }).map(tenth).join(' '))
  return `M${points.join('L')}${closed ? 'Z' : ''}`
}

function area(frame: Frame, rings: ReadonlyArray<readonly Position[]>, kind: 's' | 'l' | 'w' | 'p' | 'b'): string {
  const d = rings.map((ring) => path(frame, ring, true)).join('')
  if (d === '') return ''
  const plain = kind === 'b' ? 'fill="none" stroke="#b9b2a4"' : `fill="${{ s: '#bfd9e6', w: '#bfd9e6', p: '#cfe3c0', l: '#f6f4ee' }[kind]}"`
  return `<path class="${kind}" ${plain} fill-rule="evenodd" d="${d}"/>`
}

function nameAlong(frame: Frame, picture: Picture, label: StreetLabel): string {
  if (label.zoom > frame.zoom) return ''
  const [x, y] = frame.at(label)
  if (x < 0 || y < 0 || x > picture.width || y > picture.height) return ''
  return `<text class="t" transform="translate(${tenth(x)} ${tenth(y + 4)}) rotate(${label.angle} 0 -4)">${escaped(label.text)}</text>`
}

/** Districts have their names from afar, parks and waters from near. */
function areaNames(frame: Frame, picture: Picture, places: Places): string[] {
  const named = [...(frame.zoom <= 14 ? places.districts : []), ...places.nature.filter(({ kind }) => frame.zoom >= 15 && kind !== 'sea')]
  return named.map(({ name, rings }) => {
    if (name === null) return ''
    const [x, y] = frame.at(middleOfRing(rings[0] ?? [])).map(tenth)
    if (x === undefined || y === undefined || x < 0 || y < 0 || x > picture.width || y > picture.height) return ''
    const { text, lang } = inLanguage(name, picture.lang ?? 'en')
    return `<text class="t n" x="${x}" y="${y}" direction="${direction(lang)}">${escaped(text)}</text>`
  })
}

function pin(frame: Frame, marker: Point): string {
  const [x, y] = frame.at(marker).map(tenth)
  return `<g transform="translate(${x} ${y})"><path class="m" fill="#b3261e" stroke="#fff" d="M0 0C-4-8-11-13-11-21A11 11 0 1 1 11-21C11-13 4-8 0 0Z"/><circle class="d" fill="#fff" cy="-21" r="4"/></g>`
}

function cross(width: number, height: number): string {
  const [x, y] = [width / 2, height / 2]
  return `<path class="x" fill="none" stroke="#1d1b16" d="M${x - 9} ${y}h18M${x} ${y - 9}v18"/>`
}

function tenth(value: number): number {
  return Math.round(value * 10) / 10
}

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`)
}

import { type Content, element, html, type Html, icon, type View } from '../../../ui/index.ts'
import type { Point } from '../geometry.ts'
import type { Places } from '../gazetteer.ts'
import { degrees, pictureAddress } from './address.ts'
import { CHOOSER, type Look, lookAt } from './chooser.ts'
import { placeLabel } from './label.ts'

/** What a picture shows; `zoom` 10 (region) to 19 (house), 16 when not said. */
export type PictureOptions = Point & {
  readonly zoom?: number
  readonly markers?: readonly Point[]
  readonly width?: number
  readonly height?: number
  /** What the picture tells those who do not see it; `placeLabel` has the words for a place. */
  readonly alt: string
}

/** A map picture drawn by the server; it needs no script. Without `markers` the pin is in the middle. */
export function mapPicture(view: View, o: PictureOptions): Html {
  const { lat, long, zoom = 16, width = 640, height = 360, markers = [o] } = o
  const src = pictureAddress({ lat, long, zoom, width, height, markers, lang: view.locale })
  return element('img', { class: 'st-map-picture', src, alt: o.alt, width, height, loading: 'lazy', decoding: 'async' })
}

/** A place that is to be chosen, as it stands in a form. */
export type ChooserOptions = {
  readonly places: Places
  /** The beginning of the names of its fields, which have the same ids: `NAME-lat` and `NAME-long` hold the position. */
  readonly name: string
  /** The position that is chosen; null: none yet. */
  readonly point: Point | null
  /** The part of the map that is shown; left out: around the position, or the whole city. */
  readonly look?: Look
  /** The id of a text that says what is wrong. */
  readonly errorId?: string
}

/**
 * A choice of a place without a script: a picture that can be tapped, buttons that move it, and the streets near it.
 * Stands in a form that posts; `readChooser` reads it back. Its buttons send the form with `formnovalidate`.
 */
export function placeChooser(view: View, o: ChooserOptions): Html {
  const look = o.look ?? lookAt(o.places, o.point)
  const picture = pictureAddress({ ...look, ...CHOOSER, markers: o.point ? [o.point] : [], cross: true, lang: view.locale })
  const attributes = { class: 'st-map-chooser', role: 'group', 'aria-label': view.t('ui.map.choose'), 'aria-describedby': o.errorId }
  const body = html`<input type="hidden" name="${o.name}-look" value="${`${degrees(look.lat)},${degrees(look.long)}@${look.zoom}`}" />
    <p class="st-hint">${view.t('ui.map.hint')}</p>
    ${element('input', {
      type: 'image',
      class: 'st-map-tap',
      name: `${o.name}-tap`,
      src: picture,
      alt: view.t('ui.map.tap', { place: placeLabel(view, o.places, o.point ?? look) }),
      ...CHOOSER,
      formnovalidate: true,
    })}
    <div class="st-map-moves">${MOVES.map((move) => press(view, o.name, move))}</div>
    ${streetChoice(view, o, o.point ?? look)}`
  return element('div', attributes, body)
}

const MOVES = ['in', 'out', 'north', 'south', 'west', 'east', 'middle'] as const

function press(view: View, name: string, move: (typeof MOVES)[number]): Html {
  return element(
    'button',
    { type: 'submit', class: 'ds-button', 'data-variant': 'secondary', name: `${name}-move`, value: move, formnovalidate: true },
    view.t(`ui.map.move.${move}`),
  )
}

function streetChoice(view: View, o: ChooserOptions, at: Point): Content {
  const near = o.places.streetsNear(at.lat, at.long, { metres: 400, most: 6 })
  if (near.length === 0) return null
  return html`<fieldset class="ds-fieldset st-map-streets">
    <legend class="ds-label">${view.t('ui.map.streets')}</legend>
    <div class="st-options">
      ${near.map(({ thing, lat, long }) => {
        const id = `${o.name}-street-${thing.id}`
        const value = `${degrees(lat)},${degrees(long)}`
        return html`<div class="ds-field">
          <input class="ds-input" type="radio" id="${id}" name="${o.name}-street" value="${value}" /><label for="${id}"><bdi>${thing.name}</bdi></label>
        </div>`
      })}
    </div>
  </fieldset>`
}

/**
 * A place chooser that becomes a map where scripts run; without one, or when the map cannot be drawn, the picture stays.
 * The position is in the fields `NAME-lat` and `NAME-long` (with these ids); `readChooser` reads both ways back.
 */
export function mapField(view: View, o: ChooserOptions): Html {
  const look = o.look ?? lookAt(o.places, o.point)
  return mapBox(view, {
    look,
    places: o.places,
    label: view.t('ui.map.choose'),
    attributes: {
      'data-fit': o.look || o.point ? undefined : '',
      'data-pick': `${o.name}-lat ${o.name}-long`,
      'data-clear': `${o.name}-street`,
    },
    fallback: placeChooser(view, { ...o, look }),
    more: html`<input type="hidden" id="${o.name}-lat" name="${o.name}-lat" value="${o.point ? degrees(o.point.lat) : ''}" />
      <input type="hidden" id="${o.name}-long" name="${o.name}-long" value="${o.point ? degrees(o.point.long) : ''}" />
      <p class="st-map-said" role="status" data-map-said>
        ${o.point ? view.t('ui.map.chosen', { place: placeLabel(view, o.places, o.point) }) : view.t('ui.map.none')}
      </p>`,
  })
}

/** A map of things: clusters, hexagons or a list's places. */
export type MapViewOptions = {
  readonly places: Places
  /** What the map is of, for those who do not see it. The page has the same as a list or table. */
  readonly label: string
  /** The part that is shown first; left out: the whole city. */
  readonly look?: Look
  /** Where what is shown comes from: a path with `{bbox}` (west,south,east,north) and `{zoom}`; GeoJSON, see the README. */
  readonly source?: string
  /** The id of a list whose elements with `data-lat` and `data-long` are shown too, and light up together with the map. */
  readonly list?: string
  /** Pins of the picture that stands there without a script, at most 60. */
  readonly markers?: readonly Point[]
}

/** A map of things that others give; without a script a picture with pins. */
export function mapView(view: View, o: MapViewOptions): Html {
  const look = o.look ?? lookAt(o.places, null)
  return mapBox(view, {
    look,
    places: o.places,
    label: o.label,
    attributes: { 'data-fit': o.look ? undefined : '', 'data-source': o.source, 'data-list': o.list },
    fallback: mapPicture(view, { ...look, markers: o.markers ?? [], alt: o.label }),
    more: html`<p class="ds-sr-only" role="status" data-map-said></p>`,
  })
}

type Box = {
  readonly look: Look
  readonly places: Places
  readonly label: string
  readonly attributes: Readonly<Record<string, string | undefined>>
  readonly fallback: Html
  readonly more: Html
}

const TOOLS = ['in', 'out', 'locate'] as const

function mapBox(view: View, o: Box): Html {
  const { south, west, north, east } = o.places.bounds
  const word = (name: string): string => view.t(`ui.map.say.${name}`)
  const attributes = {
    class: 'st-map',
    'data-map': '',
    'data-lat': degrees(o.look.lat),
    'data-long': degrees(o.look.long),
    'data-zoom': o.look.zoom,
    'data-bounds': [south, west, north, east].map(degrees).join(','),
    'data-label': o.label,
    'data-keys': view.t(o.attributes['data-pick'] === undefined ? 'ui.map.keys' : 'ui.map.keys_pick'),
    'data-say-searching': word('searching'),
    'data-say-nowhere': word('nowhere'),
    'data-say-away': word('away'),
    'data-say-chosen': view.t('ui.map.chosen', { place: '%' }),
    ...o.attributes,
  }
  const tools = TOOLS.map((tool) =>
    element('button', { type: 'button', class: 'st-map-tool', 'data-map-act': tool, title: view.t(`ui.map.tool.${tool}`) }, [
      icon({ in: 'plus', out: 'minus', locate: 'locate' }[tool]),
      html`<span class="ds-sr-only">${view.t(`ui.map.tool.${tool}`)}</span>`,
    ]),
  )
  return html`${element('div', attributes, [
    html`<div class="st-map-tools" data-map-tools hidden>${tools}</div>`,
    html`<div data-map-still>${o.fallback}</div>`,
    o.more,
  ])}
    <script type="module" src="${view.assets.map}"></script>`
}

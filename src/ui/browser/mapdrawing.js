/**
 * A map in its box: Leaflet on canvas over the city's own basemap. No text is ever made into HTML here, so it runs where
 * Trusted Types forbid that: markers are canvas circles or elements built one by one, and the buttons come with the page.
 */

import { baseLayer } from './mapbase.js'
import { picker } from './mappick.js'
import { things } from './mapthings.js'

const LEAFLET = 'asset:leaflet.js'
const STYLE = 'asset:leaflet.css'
const reduced = matchMedia('(prefers-reduced-motion: reduce)')

let library = null
let basemap = null

async function theLibrary() {
  const sheet = document.createElement('link')
  sheet.rel = 'stylesheet'
  sheet.href = STYLE
  const styled = new Promise((done, fail) => {
    sheet.addEventListener('load', done)
    sheet.addEventListener('error', () => fail(new Error('no style')))
  })
  document.head.append(sheet)
  await Promise.all([styled, import(LEAFLET)])
  return globalThis.L
}

async function theBasemap() {
  const answer = await fetch('/map/base.json')
  if (!answer.ok) throw new Error(`no basemap: ${answer.status}`)
  return answer.json()
}

/** Puts the map in place of the picture; throws, and leaves the picture, when it cannot be drawn. */
export async function draw(box) {
  if (!document.createElement('canvas').getContext?.('2d')) throw new Error('no canvas')
  try {
    const [L, base] = await Promise.all([(library ??= theLibrary()), (basemap ??= theBasemap())])
    const pane = paneOf(box)
    still(box, false)
    try {
      await furnish(L, base, box, pane)
    } catch (error) {
      pane.remove()
      still(box, true)
      throw error
    }
  } catch (error) {
    library = basemap = null
    throw error
  }
}

/** Shows the server's picture, or hides it together with its fields, which are then not sent. */
function still(box, shown) {
  for (const part of box.querySelectorAll('[data-map-still]')) {
    part.hidden = !shown
    for (const control of part.querySelectorAll('input, button')) control.disabled = !shown
  }
}

function paneOf(box) {
  const pane = document.createElement('div')
  pane.className = 'st-map-pane'
  pane.dir = 'ltr'
  pane.tabIndex = 0
  pane.setAttribute('role', 'application')
  pane.setAttribute('aria-label', box.dataset.label)
  pane.setAttribute('aria-description', box.dataset.keys)
  box.prepend(pane)
  return pane
}

async function furnish(L, base, box, pane) {
  const { lat, long, zoom, pick } = box.dataset
  const calm = reduced.matches
  const map = L.map(pane, {
    center: [Number(lat), Number(long)],
    zoom: Number(zoom),
    minZoom: 10,
    maxZoom: 19,
    zoomControl: false,
    attributionControl: false,
    keyboard: !pick,
    scrollWheelZoom: false,
    preferCanvas: true,
    zoomAnimation: !calm,
    fadeAnimation: !calm,
    markerZoomAnimation: !calm,
    inertia: !calm,
  })
  if (box.dataset.fit !== undefined) map.fitBounds(aroundOf(L, box), { animate: false })
  const layer = await baseLayer(L, base, pane)
  layer.addTo(map)
  // the wheel belongs to the page until the reader has turned to the map
  pane.addEventListener('focus', () => map.scrollWheelZoom.enable())
  pane.addEventListener('blur', () => map.scrollWheelZoom.disable())
  const said = box.querySelector('[data-map-said]')
  const parts = { L, map, box, pane, calm, say: (text) => said && (said.textContent = text), around: aroundOf(L, box) }
  const place = pick ? picker(parts) : null
  if (box.dataset.source || box.dataset.list) things(parts)
  if (base.attribution) credit(box, base.attribution)
  tools(parts, place)
  new ResizeObserver(() => map.invalidateSize({ animate: false })).observe(pane)
}

function credit(box, text) {
  const line = document.createElement('p')
  line.className = 'st-map-credit'
  line.textContent = text
  box.append(line)
}

function aroundOf(L, box) {
  const [south, west, north, east] = box.dataset.bounds.split(',').map(Number)
  return L.latLngBounds([south, west], [north, east])
}

function tools(parts, place) {
  const { map, box } = parts
  const bar = box.querySelector('[data-map-tools]')
  if (!bar) return
  bar.hidden = false
  if (!navigator.geolocation) bar.querySelector('[data-map-act=locate]')?.remove()
  bar.addEventListener('click', (event) => {
    const act = event.target.closest('[data-map-act]')?.dataset.mapAct
    if (act === 'in') map.zoomIn()
    if (act === 'out') map.zoomOut()
    if (act === 'locate') locate(parts, place)
  })
}

/** Asks the device where it is; only on the press of the button. */
function locate({ map, box, calm, say, around }, place) {
  const before = box.querySelector('[data-map-said]')?.textContent ?? ''
  say(box.dataset.saySearching)
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => {
      const here = [coords.latitude, coords.longitude]
      if (!around.pad(0.1).contains(here)) return say(box.dataset.sayAway)
      say(before)
      map.setView(here, Math.max(17, map.getZoom()), { animate: !calm })
      place?.({ lat: here[0], lng: here[1] })
    },
    () => say(box.dataset.sayNowhere),
    { enableHighAccuracy: true, timeout: 10_000, maximumAge: 60_000 },
  )
}

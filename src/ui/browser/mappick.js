/** Choosing a place: by a tap, by dragging the pin, by the arrow keys, or by the device's position. */

const SVG = 'http://www.w3.org/2000/svg'
const STEP = 8
const FAR_STEP = 40
/** Nearer than this a tap means a place; else the map comes so near after it. */
const NEAR_ENOUGH = 15
const NEAR = 17
const WAYS = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }

/** The pin as an element: Leaflet takes it as it is. */
function pinElement() {
  const svg = document.createElementNS(SVG, 'svg')
  svg.setAttribute('viewBox', '-15 -36 30 40')
  svg.setAttribute('width', '30')
  svg.setAttribute('height', '40')
  svg.setAttribute('aria-hidden', 'true')
  const body = document.createElementNS(SVG, 'path')
  body.setAttribute('d', 'M0 0C-4-8-12-14-12-23A12 12 0 1 1 12-23C12-14 4-8 0 0Z')
  const eye = document.createElementNS(SVG, 'circle')
  eye.setAttribute('cy', '-23')
  eye.setAttribute('r', '4.5')
  svg.append(body, eye)
  return svg
}

/**
 * Makes the map one on which a place is chosen. The position goes into the two fields that `data-pick` names; then `change`
 * comes from them, and `stoa:place` from the box with `{lat, long, label, inside, metres}`. Gives the way to choose one.
 */
export function picker({ L, map, box, pane, calm, say }) {
  const [latField, longField] = box.dataset.pick.split(' ').map((id) => document.getElementById(id))
  if (!latField || !longField) throw new Error('no fields for the position')
  const icon = L.divIcon({ html: pinElement(), className: 'st-map-pin', iconSize: [30, 40], iconAnchor: [15, 36] })
  let pin = null
  let asked = null
  const show = (point) => {
    if (pin) return pin.setLatLng(point)
    pin = L.marker(point, { icon, draggable: true, keyboard: false, autoPan: true }).addTo(map)
    pin.on('dragend', () => place(pin.getLatLng()))
    return pin
  }
  const place = (given) => {
    const point = L.latLng(given).wrap()
    show(point)
    latField.value = point.lat.toFixed(6)
    longField.value = point.lng.toFixed(6)
    for (const other of box.querySelectorAll(`input[name="${CSS.escape(box.dataset.clear ?? '')}"]`)) other.checked = false
    for (const field of [latField, longField]) field.dispatchEvent(new Event('change', { bubbles: true }))
    clearTimeout(asked)
    asked = setTimeout(() => void tell(box, point, say), 350)
  }
  if (latField.value && longField.value) show([Number(latField.value), Number(longField.value)])
  map.on('click', ({ latlng }) => {
    place(latlng)
    // from afar a finger covers several streets: the map comes near, for a second tap
    if (map.getZoom() < NEAR_ENOUGH) map.setView(latlng, NEAR, { animate: !calm })
  })
  pane.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    if (event.key === '+' || event.key === '=') return stop(event, () => nearer(1))
    if (event.key === '-') return stop(event, () => nearer(-1))
    const way = WAYS[event.key]
    if (way) stop(event, () => step(way, event.shiftKey ? FAR_STEP : STEP))
  })
  const nearer = (by) => map.setZoomAround(pin?.getLatLng() ?? map.getCenter(), map.getZoom() + by, { animate: !calm })
  const step = ([east, south], pixels) => {
    if (!pin) return place(map.getCenter())
    const from = map.project(pin.getLatLng())
    const to = map.unproject(from.add([east * pixels, south * pixels]))
    place(to)
    map.panInside(to, { padding: [60, 60], animate: !calm })
  }
  return place
}

function stop(event, act) {
  event.preventDefault()
  act()
}

/** Says where the pin is now, in words when the server answers, else in degrees. */
async function tell(box, point, say) {
  const [lat, long] = [point.lat.toFixed(6), point.lng.toFixed(6)]
  let known = { label: `${lat}, ${long}`, inside: null, metres: null }
  try {
    const answer = await fetch(`/map/at.json?lat=${lat}&long=${long}`)
    if (answer.ok) known = await answer.json()
  } catch {
    // without network the degrees are said
  }
  // set apart, so that a name in another script does not turn the sentence around
  const place = `\u2068${known.label}\u2069`
  say(box.dataset.sayChosen.replace('%', () => place))
  box.dispatchEvent(new CustomEvent('stoa:place', { bubbles: true, detail: { lat: point.lat, long: point.lng, ...known } }))
}

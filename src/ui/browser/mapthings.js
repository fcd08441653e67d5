/** What lies on the map: clusters, places and hexagons from an address, and the places of a list that lights up with it. */

const RADIUS = 8

/** Shows what `data-source` and `data-list` give, and keeps it right while the map moves. */
export function things(parts) {
  const { box } = parts
  const known = new Map()
  if (box.dataset.list) fromList(parts, known)
  if (box.dataset.source) fromSource(parts, known)
}

function look(pane) {
  const style = getComputedStyle(pane)
  return (tone) => style.getPropertyValue(`--st-map-${tone}`).trim() || style.getPropertyValue('--st-map-info').trim()
}

function dot({ L, pane }, point, tone = 'info') {
  const colour = look(pane)
  return L.circleMarker(point, { radius: RADIUS, weight: 2, color: colour('ring'), fillColor: colour(tone), fillOpacity: 1 })
}

/** The elements of the list with a position; each lights its dot, and its dot brings the reader to it. */
function fromList(parts, known) {
  const { L, map, box, calm } = parts
  const list = document.getElementById(box.dataset.list)
  const group = L.layerGroup().addTo(map)
  const fill = () => {
    group.clearLayers()
    for (const item of list?.querySelectorAll('[data-lat][data-long]') ?? []) {
      const point = [Number(item.dataset.lat), Number(item.dataset.long)]
      if (!point.every(Number.isFinite)) continue
      const marker = dot(parts, point, item.dataset.tone).addTo(group)
      marker.on('click', () => turnTo(item, calm))
      known.set(item.dataset.mapId ?? item.id, { marker, item })
      for (const name of ['pointerenter', 'focusin']) item.addEventListener(name, () => light(parts, marker, true, name === 'focusin'))
      for (const name of ['pointerleave', 'focusout']) item.addEventListener(name, () => light(parts, marker, false, false))
    }
  }
  fill()
  box.addEventListener('stoa:refresh', fill)
}

function light({ map, calm }, marker, on, moves) {
  marker.setStyle({ radius: on ? RADIUS * 1.6 : RADIUS, weight: on ? 4 : 2 })
  if (on) marker.bringToFront()
  if (moves) map.panInside(marker.getLatLng(), { padding: [40, 40], animate: !calm })
}

function turnTo(item, calm) {
  for (const other of item.parentElement?.querySelectorAll('[data-current]') ?? []) other.removeAttribute('data-current')
  item.setAttribute('data-current', '')
  item.querySelector('a, button, input')?.focus({ preventScroll: true })
  item.scrollIntoView({ block: 'nearest', behavior: calm ? 'auto' : 'smooth' })
}

/** What the address says for the part that is seen, asked again a moment after the map came to rest. */
function fromSource(parts, known) {
  const { L, map, box } = parts
  const group = L.layerGroup().addTo(map)
  let request = null
  let waiting = null
  const load = async () => {
    request?.abort()
    request = new AbortController()
    const seen = map.getBounds()
    const bbox = [seen.getWest(), seen.getSouth(), seen.getEast(), seen.getNorth()].map((degrees) => degrees.toFixed(6)).join(',')
    const address = box.dataset.source.replace('{bbox}', () => bbox).replace('{zoom}', () => String(map.getZoom()))
    try {
      const answer = await fetch(address, { signal: request.signal, headers: { accept: 'application/geo+json, application/json' } })
      if (!answer.ok) return
      const { features } = await answer.json()
      group.clearLayers()
      for (const feature of features) drawn(parts, feature, known)?.addTo(group)
      box.dataset.shown = String(features.length)
    } catch {
      // what was shown stays: without network the map is still a map
    }
  }
  const soon = () => {
    clearTimeout(waiting)
    waiting = setTimeout(() => void load(), 200)
  }
  map.on('moveend', soon)
  box.addEventListener('stoa:refresh', soon)
  void load()
}

function drawn(parts, { geometry, properties = {} }, known) {
  if (geometry?.type === 'Polygon') return hexagon(parts, geometry, properties)
  if (geometry?.type !== 'Point') return null
  const [long, lat] = geometry.coordinates
  if (properties.count > 1) return cluster(parts, [lat, long], properties)
  const marker = dot(parts, [lat, long], properties.tone)
  return marker.on('click', () => {
    const item =
      known.get(String(properties.id))?.item ?? document.querySelector(`[data-map-id="${CSS.escape(String(properties.id ?? ''))}"]`)
    if (item) turnTo(item, parts.calm)
    else card(parts, properties)
  })
}

/** Many in one place: a circle with their number; a tap comes nearer. */
function cluster({ L, map, calm }, point, { count, bbox }) {
  const circle = document.createElement('span')
  circle.textContent = new Intl.NumberFormat(document.documentElement.lang, { notation: 'compact' }).format(count)
  circle.setAttribute('aria-hidden', 'true')
  const side = Math.round(30 + Math.min(30, Math.log2(count) * 3))
  const icon = L.divIcon({ html: circle, className: 'st-map-cluster', iconSize: [side, side] })
  const marker = L.marker(point, { icon, keyboard: false })
  return marker.on('click', () => {
    if (!bbox) return map.setView(point, map.getZoom() + 2, { animate: !calm })
    map.fitBounds([[bbox[1], bbox[0]], [bbox[3], bbox[2]]], { animate: !calm, maxZoom: Math.max(map.getZoom() + 1, 18) }) // prettier-ignore
  })
}

/** A hexagon whose strength (`weight`, 0 to 1) is how much there is. */
function hexagon(parts, { coordinates }, properties) {
  const colour = look(parts.pane)('heat')
  const weight = Math.min(1, Math.max(0, Number(properties.weight) || 0))
  const rings = coordinates.map((ring) => ring.map(([long, lat]) => [lat, long]))
  const shape = parts.L.polygon(rings, { weight: 1, color: colour, opacity: 0.4, fillColor: colour, fillOpacity: 0.1 + 0.65 * weight })
  return properties.label ? shape.on('click', () => card(parts, properties)) : shape
}

/** What was tapped, in words, below the map; with a link when there is one. */
function card({ box, say }, { label, href }) {
  if (!label) return
  box.querySelector('.st-map-card')?.remove()
  const line = document.createElement('p')
  line.className = 'st-map-card'
  const own = typeof href === 'string' && /^\/(?!\/)/.test(href)
  const text = document.createElement(own ? 'a' : 'span')
  if (own) text.href = href
  text.textContent = label
  line.append(text)
  box.append(line)
  say(label)
}

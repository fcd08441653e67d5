/** The basemap: the city's GeoJSON drawn on canvas tiles, or the operator's own map (PMTiles) when the basemap names one. */

const PROTOMAPS = 'asset:protomaps.js'
const dark = matchMedia('(prefers-color-scheme: dark)')
const TILE = 256

/** The layer to put under everything. */
export async function baseLayer(L, base, pane) {
  if (base.tiles) {
    const { default: protomaps } = await import(PROTOMAPS)
    const flavor = dark.matches ? 'dark' : 'light'
    const { url, maxZoom } = base.tiles
    // a path alone could be taken for anything: the whole address is meant
    const address = new URL(url, location.href).href
    return protomaps.leafletLayer({ url: address, maxDataZoom: maxZoom, flavor, lang: document.documentElement.lang.split('-')[0] })
  }
  const drawn = base.features.map(prepared)
  const labels = base.labels.map(([street, long, lat, angle, zoom]) => ({ at: project(long, lat), angle, zoom, street }))
  const streets = base.features.filter(({ properties }) => properties.kind === 'street').map(({ properties }) => properties.name)
  const Layer = L.GridLayer.extend({
    createTile({ x, y, z }) {
      const tile = document.createElement('canvas')
      const ratio = Math.min(3, Math.max(1, globalThis.devicePixelRatio || 1))
      tile.width = tile.height = Math.round(TILE * ratio)
      const canvas = tile.getContext('2d')
      canvas.setTransform(ratio, 0, 0, ratio, 0, 0)
      paint(canvas, { x, y, z, ratio }, { drawn, labels, streets, look: lookOf(pane) })
      return tile
    },
  })
  const layer = new Layer({ tileSize: TILE, keepBuffer: 1 })
  dark.addEventListener('change', () => layer.redraw())
  return layer
}

function lookOf(pane) {
  const style = getComputedStyle(pane)
  const colour = (name) => style.getPropertyValue(`--st-map-${name}`).trim()
  const names = ['outside', 'sea', 'land', 'park', 'border', 'casing', 'road', 'text', 'halo']
  return { ...Object.fromEntries(names.map((name) => [name, colour(name)])), font: style.fontFamily }
}

/** World pixels at zoom 0 (EPSG:3857), as the server's pictures count them. */
function project(long, lat) {
  const sine = Math.sin((lat * Math.PI) / 180)
  return [((long + 180) / 360) * TILE, (0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)) * TILE]
}

function prepared({ properties, geometry }) {
  const lines = (geometry.type === 'Polygon' ? geometry.coordinates : [geometry.coordinates]).map((line) =>
    line.map(([long, lat]) => project(long, lat)),
  )
  const flat = lines.flat()
  const [xs, ys] = [flat.map(([x]) => x), flat.map(([, y]) => y)]
  const box = [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)]
  const middle = properties.middle ? project(...properties.middle) : null
  return { kind: properties.kind, name: nameOf(properties.name), lines, box, middle }
}

function nameOf(names) {
  if (names === null || typeof names === 'string') return names
  const lang = document.documentElement.lang
  return names[lang] ?? names[lang.split('-')[0]] ?? names.en ?? Object.values(names)[0] ?? null
}

const ROAD = [1, 1, 1, 1.5, 2.5, 4, 7, 10, 14, 18]

function paint(canvas, tile, { drawn, labels, streets, look }) {
  const scale = 2 ** tile.z
  const at = ([x, y]) => [x * scale - tile.x * TILE, y * scale - tile.y * TILE]
  const reach = 200 / scale
  const [left, top, side] = [(tile.x * TILE) / scale, (tile.y * TILE) / scale, TILE / scale]
  const seen = ({ box }) => box[0] < left + side + reach && box[2] > left - reach && box[1] < top + side + reach && box[3] > top - reach
  const here = drawn.filter(seen)
  canvas.fillStyle = look.outside
  canvas.fillRect(0, 0, TILE, TILE)
  const fills = { sea: look.sea, district: look.land, park: look.park, water: look.sea }
  for (const kind of ['sea', 'district', 'park', 'water']) {
    for (const one of here) if (one.kind === kind) fill(canvas, one, at, fills[kind])
  }
  canvas.setLineDash([4, 3])
  stroke(canvas, here.filter(({ kind }) => kind === 'district'), at, look.border, 1) // prettier-ignore
  canvas.setLineDash([])
  const roads = here.filter(({ kind }) => kind === 'street')
  const wide = ROAD[Math.max(0, Math.min(9, tile.z - 10))]
  stroke(canvas, roads, at, look.casing, wide + 2)
  stroke(canvas, roads, at, look.road, wide)
  Object.assign(canvas, {
    textAlign: 'center',
    textBaseline: 'middle',
    lineJoin: 'round',
    lineWidth: 3,
    fillStyle: look.text,
    strokeStyle: look.halo,
  })
  canvas.font = `12px ${look.font}`
  for (const label of labels) {
    if (label.zoom > tile.z) continue
    const [x, y] = at(label.at)
    if (x > -200 && y > -200 && x < TILE + 200 && y < TILE + 200) write(canvas, streets[label.street], x, y, label.angle, tile.ratio)
  }
  canvas.font = `600 13px ${look.font}`
  for (const { kind, name, middle } of here) {
    if (name === null || middle === null || (kind === 'district' ? tile.z > 14 : tile.z < 15)) continue
    write(canvas, name, ...at(middle), 0, tile.ratio)
  }
}

function trace(canvas, { lines }, at) {
  for (const line of lines) for (const [nth, point] of line.entries()) canvas[nth === 0 ? 'moveTo' : 'lineTo'](...at(point))
}

function fill(canvas, one, at, colour) {
  canvas.beginPath()
  trace(canvas, one, at)
  canvas.fillStyle = colour
  canvas.fill('evenodd')
}

function stroke(canvas, list, at, colour, width) {
  canvas.beginPath()
  for (const one of list) trace(canvas, one, at)
  Object.assign(canvas, { strokeStyle: colour, lineWidth: width, lineCap: 'round', lineJoin: 'round' })
  canvas.stroke()
}

function write(canvas, text, x, y, angle, ratio) {
  canvas.save()
  canvas.setTransform(ratio, 0, 0, ratio, x * ratio, y * ratio)
  canvas.rotate((angle * Math.PI) / 180)
  canvas.strokeText(text, 0, 0)
  canvas.fillText(text, 0, 0)
  canvas.restore()
}

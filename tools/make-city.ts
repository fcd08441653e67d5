import { mkdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { present } from '../src/kernel/invariant.ts'
import { contains, districtOf, loadPlaces, type District, type Places, type Position } from '../src/modules/places/index.ts'
import { loadCity } from '../src/platform/city.ts'

/**
 * Draws Harbourview, the demo city: the same districts, streets and addresses at each run. The drawing board is in
 * kilometres east and north of a point in the open Atlantic, far from any land, so that nobody can live there.
 */

const CENTRE = { lat: 39, long: -30.5 }
const KM_PER_DEGREE = { lat: 111, long: 86.4 }
const ADDRESSES = 6000
/** Letters that are not taken for another letter or digit when a postcode is read aloud or written by hand. */
const POSTCODE_LETTERS = 'ABDEFGHJLNPQRSTUWXYZ'

type Km = readonly [east: number, north: number]
type Random = () => number
type DrawnStreet = { id: string; name: string; line: Km[] }
type Row = [id: string, street: string, number: string, postcode: string, lat: number, long: number, district: string]

/** The corners of the districts; K, J, I and H lie around the harbour bay, between the headlands L and G. */
// prettier-ignore
const CORNERS = new Map<string, Km>([
  ['A', [-3.4, 2.7]], ['B', [-1.2, 3]], ['C', [1.3, 2.9]], ['D', [3.5, 2.4]], ['E', [3.7, 0.5]], ['F', [3.3, -1.6]],
  ['G', [1.2, -2.3]], ['H', [0.95, -0.6]], ['I', [0.6, 0]], ['J', [-0.7, 0]], ['K', [-1, -0.7]], ['L', [-1.5, -2.1]],
  ['M', [-3.3, -1.7]], ['N', [-3.6, 0.4]], ['P', [-1.6, 0.35]], ['Q', [-0.9, 1.4]], ['R', [1, 1.3]], ['S', [1.5, 0.2]],
  ['T', [-1.6, 1.95]], ['V', [0.9, 2.2]],
])

type Plan = { id: string; name: Record<string, string>; ring: string; turn: number; kinds: string[]; stems: string[] }

/** Each district: its corners anticlockwise, how far its street grid is turned, and the words its streets are named with. */
// prettier-ignore
const PLANS: readonly Plan[] = [
  {
    id: 'old_harbour', name: { en: 'Old Harbour', es: 'Puerto Viejo', ar: 'الميناء القديم' }, ring: 'KJIHSRQP', turn: 0.12,
    kinds: ['Street', 'Wharf', 'Lane', 'Row', 'Steps'],
    stems: words('Capstan Halyard Bowsprit Mizzen Foresail Hawser Oakum Bollard Windlass Sextant Ballast Chandler Netmaker Sailmaker Cooper Stevedore Lighterman Tollhouse Tidewaiter Cordage Bosun Topsail Marlin Keelson Jetsam Coxswain Drydock Lugger'),
  },
  {
    id: 'northgate', name: { en: 'Northgate', es: 'Puerta Norte', ar: 'البوابة الشمالية' }, ring: 'TVCB', turn: 0.04,
    kinds: ['Street', 'Road', 'Gate', 'Row', 'Terrace'],
    stems: words('Gatekeeper Watchman Bastion Rampart Portcullis Postern Parapet Drawbar Waymark Milestone Coachman Farrier Saddler Wheelwright Postilion Tollbar Halberd Sentry'),
  },
  {
    id: 'lighthouse_hill', name: { en: 'Lighthouse Hill', es: 'Colina del Faro', ar: 'تل المنارة' }, ring: 'HGFES', turn: 0.6,
    kinds: ['Hill', 'Rise', 'Terrace', 'Street', 'View'],
    stems: words('Kittiwake Gannet Petrel Fulmar Guillemot Razorbill Curlew Sandpiper Turnstone Dunlin Skua Shearwater Fresnel Keeper Foghorn Headland Thrift Campion Signal Lookout Cormorant Lamplight'),
  },
  {
    id: 'millbrook', name: { en: 'Millbrook', es: 'Arroyo del Molino', ar: 'جدول الطاحونة' }, ring: 'NTBA', turn: 0.35,
    kinds: ['Street', 'Row', 'Lane', 'Yard', 'Road'],
    stems: words('Fuller Weaver Dyer Carder Spindle Shuttle Bobbin Teasel Madder Woad Loom Selvedge Twill Worsted Kersey Millstone Hopper Tenter'),
  },
  {
    id: 'saltmarsh', name: { en: 'Saltmarsh', es: 'Las Marismas', ar: 'السبخة' }, ring: 'NMLKP', turn: -0.3,
    kinds: ['Lane', 'Drove', 'Way', 'Road', 'Bank'],
    stems: words('Samphire Marram Eelgrass Glasswort Avocet Redshank Spoonbill Brackish Saltern Panmaker Sluice Mudlark Reedbed Bittern Teal Wigeon Sedge Cockle'),
  },
  {
    id: 'eastfield', name: { en: 'Eastfield', es: 'Campo del Este', ar: 'الحقل الشرقي' }, ring: 'SEDCVR', turn: -0.08,
    kinds: ['Road', 'Street', 'Way', 'Close', 'Avenue'],
    stems: words('Barley Oat Furrow Ploughshare Granary Scythe Thresher Winnow Gleaner Haystack Clover Vetch Linseed Sainfoin Buckwheat Millet Tillage Stubble Hedgerow Coulter Skylark Lapwing Partridge Sheaf'),
  },
  {
    id: 'garden_quarter', name: { en: 'Garden Quarter', es: 'Barrio de los Jardines', ar: 'حي الحدائق' }, ring: 'QRVT', turn: -0.05,
    kinds: ['Avenue', 'Gardens', 'Crescent', 'Walk', 'Place'],
    stems: words('Magnolia Camellia Hibiscus Jasmine Wisteria Oleander Peony Foxglove Larkspur Quince Medlar Mulberry Almond Verbena Hyssop Tansy Arbour Pergola'),
  },
  {
    id: 'riverside', name: { en: 'Riverside', es: 'La Ribera', ar: 'ضفة النهر' }, ring: 'NPQT', turn: 0.5,
    kinds: ['Walk', 'Street', 'Lane', 'Road', 'Row'],
    stems: words('Heron Kingfisher Wagtail Otter Willow Alder Osier Minnow Grayling Stickleback Dipper Millrace Weirkeeper Ferryman Towpath Punt Bulrush Watercress'),
  },
]

/** Roads along the borders between districts, and the quays of the bay, by the corners that they join. */
// prettier-ignore
const MAIN_ROADS: ReadonlyArray<readonly [ends: string, name: string]> = [
  ['KP', 'Saltgate Road'], ['PN', 'Long Causeway'], ['HS', 'Beacon Road'], ['SR', 'Ropewalk Avenue'],
  ['RQ', 'Assembly Avenue'], ['QP', 'Tidemill Road'], ['SE', 'Lantern Avenue'], ['CV', 'Orchard Ring'],
  ['VR', 'Eastgate Avenue'], ['QT', 'Weir Avenue'], ['TN', 'Brookfield Road'], ['TB', 'Northern Avenue'],
  ['TV', 'Arboretum Avenue'],
]
// prettier-ignore
const QUAYS: ReadonlyArray<readonly [ends: string, name: string]> = [
  ['KJ', 'Fishers Quay'], ['JI', 'Harbour Parade'], ['IH', 'Pilots Quay'],
]

/** Waters and parks: a line with a width, or a middle with a radius, in kilometres. */
// prettier-ignore
const NATURE: ReadonlyArray<{ id: string; kind: 'water' | 'park'; name: Record<string, string>; line: Km[]; wide: number }> = [
  { id: 'mill_brook', kind: 'water', name: { en: 'Mill Brook', es: 'Arroyo del Molino', ar: 'جدول الطاحونة' }, line: [[-3.1, 1.5], [-2.4, 1.05], [-1.7, 0.95], [-1.25, 0.6], [-0.95, 0.3], [-0.72, -0.05]], wide: 0.03 },
  { id: 'weir_pool', kind: 'water', name: { en: 'Weir Pool', es: 'Poza de la Presa', ar: 'بركة السد' }, line: [[-1.72, 0.95]], wide: 0.09 },
  { id: 'saltern_lagoon', kind: 'water', name: { en: 'Saltern Lagoon', es: 'Laguna de las Salinas', ar: 'بحيرة الملاحات' }, line: [[-2.75, -0.95], [-2.5, -1.1]], wide: 0.2 },
  { id: 'saltmarsh_reserve', kind: 'park', name: { en: 'Saltmarsh Reserve', es: 'Reserva de las Marismas', ar: 'محمية السبخة' }, line: [[-2.85, -0.85], [-2.35, -1.2]], wide: 0.38 },
  { id: 'botanic_garden', kind: 'park', name: { en: 'Botanic Garden', es: 'Jardín Botánico', ar: 'الحديقة النباتية' }, line: [[-0.1, 1.72]], wide: 0.24 },
  { id: 'lighthouse_green', kind: 'park', name: { en: 'Lighthouse Green', es: 'Prado del Faro', ar: 'مرج المنارة' }, line: [[1.6, -1.75], [1.95, -1.55]], wide: 0.26 },
  { id: 'customs_square', kind: 'park', name: { en: 'Customs Square', es: 'Plaza de la Aduana', ar: 'ساحة الجمارك' }, line: [[0.05, 0.42]], wide: 0.11 },
  { id: 'fair_meadow', kind: 'park', name: { en: 'Fair Meadow', es: 'Prado de la Feria', ar: 'مرج المعرض' }, line: [[2.5, 1.5], [2.75, 1.25]], wide: 0.22 },
  { id: 'rampart_park', kind: 'park', name: { en: 'Rampart Park', es: 'Parque de la Muralla', ar: 'حديقة السور' }, line: [[0.2, 2.62], [0.6, 2.6]], wide: 0.12 },
  { id: 'fullers_field', kind: 'park', name: { en: 'Fullers Field', es: 'Campo de los Bataneros', ar: 'ساحة القصّارين' }, line: [[-2.3, 2.2]], wide: 0.2 },
]

function words(text: string): string[] {
  return text.split(' ')
}

/** Mulberry32: small, even, and the same on every machine. */
function randomFrom(seed: number): Random {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

function corner(name: string): Km {
  return present(CORNERS.get(name), `corner ${name}`)
}

/** Adjacent pairs of a list. */
function pairs<T>(list: readonly T[]): Array<[T, T]> {
  return list.slice(1).flatMap((to, at) => list.slice(at, at + 1).map((from): [T, T] => [from, to]))
}

/** The way from one point to another, with bends; `from` itself is left out. */
function wander(from: Km, to: Km, roughness: number, random: Random, depth = 3): Km[] {
  if (depth === 0) return [to]
  const [east, north] = [to[0] - from[0], to[1] - from[1]]
  const aside = (random() - 0.5) * roughness
  const middle: Km = [(from[0] + to[0]) / 2 - north * aside, (from[1] + to[1]) / 2 + east * aside]
  return [...wander(from, middle, roughness, random, depth - 1), ...wander(middle, to, roughness, random, depth - 1)]
}

/** Draws each border once, so that neighbours share it to the last digit; coasts are rougher than inner borders. */
function drawBorders(random: Random): (ends: string) => Km[] {
  const sides = PLANS.flatMap(({ ring }) => pairs([...ring, ring.charAt(0)]).map((ends) => ends.toSorted().join('')))
  const drawn = new Map<string, Km[]>()
  for (const ends of [...new Set(sides)].toSorted()) {
    const shared = sides.filter((side) => side === ends).length > 1
    const [from, to] = [corner(ends.charAt(0)), corner(ends.charAt(1))]
    drawn.set(ends, [from, ...wander(from, to, shared ? 0.1 : 0.22, random)])
  }
  return (ends) => {
    const sorted = [...ends].toSorted().join('')
    const line = present(drawn.get(sorted), `border ${ends}`)
    return sorted === ends ? line : line.toReversed()
  }
}

function toPosition([east, north]: Km): Position {
  return [rounded(CENTRE.long + east / KM_PER_DEGREE.long), rounded(CENTRE.lat + north / KM_PER_DEGREE.lat)]
}

/** Five decimals: about one metre. */
function rounded(degrees: number): number {
  return Math.round(degrees * 1e5) / 1e5
}

function lengthOf(line: readonly Km[]): number {
  return pairs(line).reduce((sum, [a, b]) => sum + Math.hypot(b[0] - a[0], b[1] - a[1]), 0)
}

/** The point so far along a line, moved to its left (or right, if negative). */
function alongside(line: readonly Km[], distance: number, left: number): Km {
  let before = 0
  let last = present(line[0], 'a line has points')
  for (const [a, b] of pairs(line)) {
    const length = Math.hypot(b[0] - a[0], b[1] - a[1])
    if (length === 0) continue
    const [east, north] = [(b[0] - a[0]) / length, (b[1] - a[1]) / length]
    const along = Math.min(distance - before, length)
    last = [a[0] + east * along - north * left, a[1] + north * along + east * left]
    if (before + length >= distance) break
    before += length
  }
  return last
}

/** A grid of gently bent streets inside a ring: the `count` longest of the widest grid that has so many. */
function gridStreets(ring: readonly Km[], turn: number, count: number, random: Random): Km[][] {
  const bend = [random() * 6, random() * 6] as const
  for (let spacing = 0.4; ; spacing *= 0.95) {
    const lines = [true, false].flatMap((upright) => gridLines(ring, turn, spacing, upright, bend))
    if (lines.length >= count) return lines.toSorted((a, b) => lengthOf(b) - lengthOf(a)).slice(0, count)
  }
}

function gridLines(ring: readonly Km[], turn: number, spacing: number, upright: boolean, bend: readonly [number, number]): Km[][] {
  const middle: Km = [ring.reduce((sum, [e]) => sum + e, 0) / ring.length, ring.reduce((sum, [, n]) => sum + n, 0) / ring.length]
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)]
  const lines: Km[][] = []
  const steps = Math.ceil(4 / spacing)
  for (let nth = -steps; nth <= steps; nth++) {
    const offset = (nth + 0.5) * spacing
    let run: Km[] = []
    let longest: Km[] = []
    for (let t = -4; t <= 4; t += 0.04) {
      const [u, v] = upright ? [offset, t] : [t, offset]
      const [x, y] = [u + 0.07 * Math.sin(1.9 * v + bend[0]), v + 0.07 * Math.sin(1.9 * u + bend[1])]
      const point: Km = [middle[0] + x * cos - y * sin, middle[1] + x * sin + y * cos]
      run = contains([ring], point[1], point[0]) ? [...run, point] : []
      if (run.length > longest.length) longest = run
    }
    // Every third street stops short of the district's border, as streets do.
    const short = nth % 3 === 0 ? Math.round(spacing / 0.04) : 1
    const kept = longest.slice(1, -short)
    if (kept.length > 7) lines.push(thinned(kept))
  }
  return lines
}

/** Every fourth point and the last: enough for a bend this gentle. */
function thinned(line: readonly Km[]): Km[] {
  return line.filter((_, at) => at % 4 === 0 || at === line.length - 1)
}

function drawStreets(border: (ends: string) => Km[], random: Random): DrawnStreet[] {
  const named: Array<{ name: string; line: Km[] }> = []
  for (const [ends, name] of MAIN_ROADS) named.push({ name, line: border(ends) })
  for (const [ends, name] of QUAYS) {
    const line = border(ends)
    const length = lengthOf(line)
    named.push({ name, line: Array.from({ length: 9 }, (_, at) => alongside(line, 0.03 + ((length - 0.06) * at) / 8, 0.035)) })
  }
  for (const plan of PLANS) {
    const ring = pairs([...plan.ring, plan.ring.charAt(0)]).flatMap((ends) => border(ends.join('')).slice(1))
    for (const [at, line] of gridStreets(ring, plan.turn, plan.stems.length, random).entries()) {
      named.push({ name: `${plan.stems[at] ?? ''} ${plan.kinds[at % plan.kinds.length] ?? ''}`, line })
    }
  }
  return named.map(({ name, line }, at) => ({ id: `hs-${String(at + 1).padStart(3, '0')}`, name, line }))
}

/** Houses along each street, odd numbers on the left and even ones on the right, with gaps and a few `12A`. */
function drawAddresses(streets: readonly DrawnStreet[], districts: readonly District[], random: Random): Row[] {
  const plot = (2 * streets.reduce((sum, { line }) => sum + lengthOf(line), 0)) / (ADDRESSES * 1.045)
  const postcodes = postcodeBook(districts)
  const rows: Row[] = []
  for (const { id, line } of streets) {
    const plots = Math.floor(lengthOf(line) / plot)
    for (let nth = 0; nth < plots * 2; nth++) {
      const left = nth % 2 === 0
      const at = (Math.floor(nth / 2) + 0.3 + random() * 0.4) * plot
      const empty = random() < 0.08
      const doubled = random() < 0.04
      if (empty && nth > 1) continue
      for (const [letter, further] of doubled
        ? ([
            ['', 0],
            ['A', 0.006],
          ] as const)
        : ([['', 0]] as const)) {
        const [long, lat] = toPosition(alongside(line, at + further, left ? 0.014 : -0.014))
        const district = districtOf(districts, lat, long)
        if (district === null) continue
        const number = `${nth + 1}${letter}`
        rows.push([`ha-${String(rows.length + 1).padStart(6, '0')}`, id, number, postcodes(district.id, id, nth), lat, long, district.id])
      }
    }
  }
  return rows
}

/** One postcode for each 24 house numbers of a street within a district. */
function postcodeBook(districts: readonly District[]): (district: string, street: string, nth: number) => string {
  const given = new Map<string, string>()
  const used = new Map<string, number>()
  return (district, street, nth) => {
    const key = `${district} ${street} ${Math.floor(nth / 24)}`
    const known = given.get(key)
    if (known !== undefined) return known
    const count = used.get(district) ?? 0
    used.set(district, count + 1)
    // 37 shares no factor with 400, so the pairs of letters come round only after all 400 were used.
    const unit = (count * 37 + 11) % 400
    const area = districts.findIndex(({ id }) => id === district) + 1
    const sector = 1 + (Math.floor(count / 12) % 9)
    const postcode = `HV${area} ${sector}${POSTCODE_LETTERS.charAt(Math.floor(unit / 20))}${POSTCODE_LETTERS.charAt(unit % 20)}`
    given.set(key, postcode)
    return postcode
  }
}

/** The outline of a line with a width, or of a round thing, with a shore that is not straight. */
function shore(line: readonly Km[], wide: number, random: Random): Km[] {
  const length = lengthOf(line)
  const rough = (): number => wide * (0.85 + random() * 0.3)
  if (length === 0) {
    const [east, north] = present(line[0], 'a shore has a middle')
    return Array.from({ length: 14 }, (_, at): Km => {
      const [turn, far] = [(at / 14) * 2 * Math.PI, rough()]
      return [east + Math.cos(turn) * far, north + Math.sin(turn) * far]
    })
  }
  const steps = Math.max(4, Math.round(length / 0.12))
  const side = (left: number): Km[] => Array.from({ length: steps + 1 }, (_, at) => alongside(line, (length * at) / steps, left * rough()))
  return [...side(-1), ...side(1).toReversed()]
}

/** The sea around the city, and its waters and parks, of a chance of their own: they change nothing else. */
function drawNature(): object[] {
  const random = randomFrom(20_250_311)
  const feature = (id: string, properties: object, ring: readonly Km[]): object => {
    const outline = [...ring, ...ring.slice(0, 1)].map(toPosition)
    return { type: 'Feature', id, properties: { id, ...properties }, geometry: { type: 'Polygon', coordinates: [outline] } }
  }
  const sea: Km[] = [[-40, -40], [40, -40], [40, 40], [-40, 40]] // prettier-ignore
  return [
    feature('sea', { kind: 'sea' }, sea),
    ...NATURE.map(({ id, kind, name, line, wide }) => feature(id, { kind, name }, shore(line, wide, random))),
  ]
}

/** The district that most of a street lies in, sampled beside it so that a road on a border has an answer. */
function homeDistrict(line: readonly Km[], districts: readonly District[]): string {
  const length = lengthOf(line)
  const seen = Array.from({ length: 11 }, (_, at) => {
    const [long, lat] = toPosition(alongside(line, (length * (at + 0.5)) / 11, 0.01))
    return districtOf(districts, lat, long)?.id ?? ''
  }).filter((id) => id !== '')
  const groups = Map.groupBy(seen, (id) => id)
  return present([...groups.values()].toSorted((a, b) => b.length - a.length)[0]?.[0], 'a street lies in a district')
}

/** One feature a line, so that a change shows as a change of lines. */
function collection(members: object, features: readonly object[]): string {
  const head = JSON.stringify({ type: 'FeatureCollection', ...members }).slice(0, -1)
  return `${head},"features":[\n${features.map((feature) => JSON.stringify(feature)).join(',\n')}\n]}\n`
}

async function draw(folder: string): Promise<void> {
  const random = randomFrom(20_240_624)
  const border = drawBorders(random)
  const districts = PLANS.map(({ id, name, ring }) => {
    const line = pairs([...ring, ring.charAt(0)]).flatMap((ends) => border(ends.join('')).slice(0, -1))
    const closed = [...line, ...line.slice(0, 1)]
    return { id, name, rings: [closed.map(toPosition)] }
  })
  const streets = drawStreets(border, random)
  const rows = drawAddresses(streets, districts, random)
  const geo = join(folder, 'geo')
  await mkdir(geo, { recursive: true })
  // prettier-ignore
  const districtFeatures = districts.map(({ id, name, rings }) => ({
    type: 'Feature', id, properties: { id, name }, geometry: { type: 'Polygon', coordinates: rings },
  }))
  // prettier-ignore
  const streetFeatures = streets.map(({ id, name, line }) => ({
    type: 'Feature', id, properties: { id, name, district: homeDistrict(line, districts) },
    geometry: { type: 'LineString', coordinates: line.map(toPosition) },
  }))
  await writeFile(join(geo, 'districts.geojson'), collection({ town: 'Harbourview' }, districtFeatures))
  await writeFile(join(geo, 'streets.geojson'), collection({}, streetFeatures))
  await writeFile(join(geo, 'nature.geojson'), collection({}, drawNature()))
  await writeFile(join(geo, 'addresses.json'), `[\n${rows.map((row) => JSON.stringify(row)).join(',\n')}\n]\n`)
}

/** Reads the city back as the program will, and lists what is wrong with it. */
function faultsOf(places: Places): string[] {
  const faults: string[] = []
  const random = randomFrom(7)
  for (let nth = 0; nth < 20_000; nth++) {
    const [long, lat] = toPosition([random() * 8 - 4, random() * 6.4 - 3])
    const around = places.districts.filter(({ rings }) => contains(rings, lat, long))
    if (around.length > 1) faults.push(`${around.map(({ id }) => id).join(' and ')} overlap at ${lat}, ${long}`)
  }
  for (const { name } of places.streets) {
    const [first] = places.searchAddresses(name)
    const around = first ? places.districtAt(first.lat, first.long)?.id : undefined
    if (first?.district !== around) faults.push(`${first?.id} is not in ${first?.district}`)
  }
  for (const { id, kind, rings } of places.nature) {
    const wet = kind !== 'sea' && rings.flat().some(([long, lat]) => places.metresOutside(lat, long) > 60)
    if (wet) faults.push(`${id} lies in the sea`)
  }
  const harbour = toPosition([0, -1])
  if (places.districtAt(harbour[1], harbour[0]) !== null) faults.push('there is land in the middle of the bay')
  for (const { name } of places.streets) {
    const mistyped = [name, ...Array.from({ length: 3 }, (_, at) => name.slice(0, at + 1) + name.slice(at + 2))]
    for (const typed of mistyped) {
      const found = places.searchAddresses(`2 ${typed}`).some(({ line1 }) => line1.endsWith(` ${name}`))
      if (!found) faults.push(`searching "2 ${typed}" does not find ${name}`)
    }
  }
  return faults
}

const folder = join(import.meta.dirname, '..', 'city')
await draw(folder)
const city = await loadCity(folder)
const places = await loadPlaces(folder)
const faults = faultsOf(places)
const started = performance.now()
for (const { name } of places.streets) places.searchAddresses(`12 ${name}`)
const each = (performance.now() - started) / places.streets.length
const sizes = ['districts.geojson', 'streets.geojson', 'addresses.json', 'nature.geojson'].map((file) => join(folder, 'geo', file))
for (const file of sizes) console.log(`${file}: ${(await stat(file)).size} bytes`)
console.log(`${places.districts.length} districts, ${places.streets.length} streets, one search ${each.toFixed(2)} ms`)
console.log(`${city.agencies.length} agencies, ${city.lifeEvents.length} life events, ${city.calendar.holidays.size} holidays`)
for (const fault of faults.slice(0, 20)) console.error(fault)
process.exitCode = faults.length > 0 ? 1 : 0

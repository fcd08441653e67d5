import { z } from 'zod'
import type { Words } from '../../kernel/text.ts'

/** A position as GeoJSON writes it (RFC 7946, 3.1.1): longitude first, WGS 84 degrees. */
export type Position = readonly [long: number, lat: number]

/** A district of the city. A point is inside when an odd number of its rings is around it, so holes and islands work. */
export type District = {
  readonly id: string
  readonly name: Words
  readonly rings: ReadonlyArray<readonly Position[]>
}

/** A street and the line it runs along; `district` is the one that most of it lies in. */
export type Street = {
  readonly id: string
  readonly name: string
  readonly district: string
  readonly line: readonly Position[]
}

/** Sea, water on land, or a park: drawn on maps. A named one can be searched for. */
export type Nature = {
  readonly id: string
  readonly kind: 'sea' | 'water' | 'park'
  readonly name: Words | null
  readonly rings: ReadonlyArray<readonly Position[]>
}

/** An address of the city's register, ready to be shown and to be kept as an answer. */
export type Address = {
  readonly id: string
  readonly line1: string
  readonly town: string
  readonly postcode: string
  readonly lat: number
  readonly long: number
  /** The id of its district. */
  readonly district: string
}

/** A house on a street: what an address search needs to know beside the address itself. */
export type House = { readonly street: string; readonly number: string; readonly address: Address }

/** Everything the city's geography files hold. */
export type Register = {
  readonly districts: readonly District[]
  readonly streets: readonly Street[]
  readonly houses: readonly House[]
  readonly town: string
}

const position = z.tuple([z.number().min(-180).max(180), z.number().min(-90).max(90)])
const ring = z.array(position).min(4)
const id = z.string().min(1).max(64)

const area = z.discriminatedUnion('type', [
  z.object({ type: z.literal('Polygon'), coordinates: z.array(ring).min(1) }),
  z.object({ type: z.literal('MultiPolygon'), coordinates: z.array(z.array(ring).min(1)).min(1) }),
])

const districtsFile = z.object({
  type: z.literal('FeatureCollection'),
  /** The town that stands in each address. */
  town: z.string().min(1),
  features: z.array(z.object({ properties: z.object({ id, name: z.record(z.string(), z.string()) }), geometry: area })).min(1),
})

const streetsFile = z.object({
  type: z.literal('FeatureCollection'),
  features: z.array(
    z.object({
      properties: z.object({ id, name: z.string().min(1), district: id }),
      geometry: z.object({ type: z.literal('LineString'), coordinates: z.array(position).min(2) }),
    }),
  ),
})

const natureFile = z.object({
  type: z.literal('FeatureCollection'),
  features: z.array(
    z.object({
      properties: z.object({ id, kind: z.enum(['sea', 'water', 'park']), name: z.record(z.string(), z.string()).optional() }),
      geometry: area,
    }),
  ),
})

const addressesFile = z.array(
  /** Address id, street id, house number, postcode, latitude, longitude, district id. */
  z.tuple([id, id, z.string().min(1), z.string().min(1), z.number().min(-90).max(90), z.number().min(-180).max(180), id]),
)

/** The parsed JSON of the three geography files, not yet checked. */
type PlaceFiles = { readonly districts: unknown; readonly streets: unknown; readonly addresses: unknown }

/** The register that the files hold; throws an error naming the file and the fault. */
export function readRegister(files: PlaceFiles): Register {
  const districtFile = checked('districts.geojson', districtsFile, files.districts)
  const districts = districtFile.features.map(({ properties, geometry }) => ({
    ...properties,
    rings: geometry.type === 'Polygon' ? geometry.coordinates : geometry.coordinates.flat(),
  }))
  const streets = checked('streets.geojson', streetsFile, files.streets).features.map(({ properties, geometry }) => ({
    ...properties,
    line: geometry.coordinates,
  }))
  const rows = checked('addresses.json', addressesFile, files.addresses)
  const districtIds = distinct('districts.geojson', districts)
  distinct('streets.geojson', streets)
  const names = new Map(streets.map((street) => [street.id, street.name]))
  const { town } = districtFile
  const houses = rows.map(([addressId, street, number, postcode, lat, long, district]) => {
    const name = names.get(street)
    if (name === undefined) throw new Error(`addresses.json: ${addressId} is on an unknown street, ${street}`)
    if (!districtIds.has(district)) throw new Error(`addresses.json: ${addressId} is in an unknown district, ${district}`)
    const line1 = `${number} ${name}`
    return { street, number, address: { id: addressId, line1, town, postcode, lat, long, district } }
  })
  const addresses = houses.map(({ address }) => address)
  distinct('addresses.json', addresses)
  return { districts, streets, houses, town }
}

/** Sea, waters and parks in the order they are drawn; throws an error naming the fault. */
export function readNature(json: unknown): Nature[] {
  const features = checked('nature.geojson', natureFile, json).features.map(({ properties, geometry }) => ({
    id: properties.id,
    kind: properties.kind,
    name: properties.name ?? null,
    rings: geometry.type === 'Polygon' ? geometry.coordinates : geometry.coordinates.flat(),
  }))
  distinct('nature.geojson', features)
  return features
}

/** The district around a point, or null outside the city. Each point of a shared border is in one district only. */
export function districtOf(districts: readonly District[], lat: number, long: number): District | null {
  return districts.find((district) => contains(district.rings, lat, long)) ?? null
}

/** Whether a point is inside the rings, by the even-odd rule. */
export function contains(rings: ReadonlyArray<readonly Position[]>, lat: number, long: number): boolean {
  let inside = false
  for (const points of rings) {
    let before = points.at(-1)
    for (const here of points) {
      if (before !== undefined && isEastOf(before, here, lat, long)) inside = !inside
      before = here
    }
  }
  return inside
}

/**
 * Whether the edge is crossed by a ray from the point to the east. The ends are put in order first, so that the two
 * districts along a shared edge calculate the very same number and leave no gap between them.
 */
function isEastOf(a: Position, b: Position, lat: number, long: number): boolean {
  const [low, high] = a[1] < b[1] ? [a, b] : [b, a]
  if (lat < low[1] || lat >= high[1]) return false
  return (high[0] - low[0]) * (lat - low[1]) > (long - low[0]) * (high[1] - low[1])
}

function checked<T>(file: string, schema: z.ZodType<T>, json: unknown): T {
  const parsed = schema.safeParse(json)
  if (!parsed.success) throw new Error(`${file}:\n${z.prettifyError(parsed.error)}`)
  return parsed.data
}

function distinct(file: string, things: ReadonlyArray<{ readonly id: string }>): Set<string> {
  const seen = new Set<string>()
  for (const thing of things) {
    if (seen.has(thing.id)) throw new Error(`${file}: ${thing.id} is there twice`)
    seen.add(thing.id)
  }
  return seen
}

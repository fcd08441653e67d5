import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { once } from '../../kernel/once.ts'
import { boundsOf, type Bounds, metresBetween } from './geometry.ts'
import { type NamedPlace, nameSearch } from './names.ts'
import { type Near, nearbyIndex } from './nearby.ts'
import { districtOf, type Nature, readNature, readRegister, type Address, type District, type Street } from './places.ts'
import { addressSearch } from './search.ts'

/** Where things are in the city. It never changes once loaded, and answers without I/O. */
export type Places = {
  /** The town's name as addresses show it. */
  readonly town: string
  readonly districts: readonly District[]
  readonly streets: readonly Street[]
  /** Every address of the register, in its order. */
  readonly addresses: readonly Address[]
  /** Sea, waters and parks, in the order they are drawn; empty when the city has no file of them. */
  readonly nature: readonly Nature[]
  /** The box around all districts. */
  readonly bounds: Bounds
  /** The addresses that best fit what was typed, at most 10, best first; empty when nothing is like it. */
  readonly searchAddresses: (typed: string) => Address[]
  /** The streets, districts, parks and waters whose name best fits what was typed, at most 10, best first. */
  readonly searchNames: (typed: string) => NamedPlace[]
  /** The address with this id, or null. */
  readonly addressById: (id: string) => Address | null
  /** The district around a point in WGS 84 degrees, or null outside the city. */
  readonly districtAt: (lat: number, long: number) => District | null
  /** How far a point is outside the city, in metres to the nearest district; 0 inside, NaN for what is no point. */
  readonly metresOutside: (lat: number, long: number) => number
  /** The street nearest to a point, however far; null in a city without streets and for what is no point. */
  readonly nearestStreet: (lat: number, long: number) => Near<Street> | null
  /** The address nearest to a point, however far; null in a city without addresses and for what is no point. */
  readonly nearestAddress: (lat: number, long: number) => Near<Address> | null
  /** Streets within so many metres (250) of a point, nearest first, at most so many (6). */
  readonly streetsNear: (lat: number, long: number, limits?: { metres?: number; most?: number }) => Near<Street>[]
}

/** Reads `geo/` in a city's folder; each index is made when it is first asked. Throws an error that names the faulty file. */
export async function loadPlaces(folder: string): Promise<Places> {
  const natureFile = join(folder, 'geo', 'nature.geojson')
  const [districts, streets, addresses, nature] = await Promise.all([
    readJson(join(folder, 'geo', 'districts.geojson')),
    readJson(join(folder, 'geo', 'streets.geojson')),
    readJson(join(folder, 'geo', 'addresses.json')),
    existsSync(natureFile) ? readJson(natureFile) : null,
  ])
  const register = readRegister({ districts, streets, addresses })
  const drawn = nature === null ? [] : readNature(nature)
  const byId = new Map(register.houses.map(({ address }) => [address.id, address]))
  const everyAddress = register.houses.map(({ address }) => address)
  const addressesBy = once(() => addressSearch(register))
  const namesBy = once(() => nameSearch(register.streets, register.districts, drawn))
  return {
    town: register.town,
    districts: register.districts,
    streets: register.streets,
    addresses: everyAddress,
    nature: drawn,
    searchAddresses: (typed) => addressesBy()(typed),
    searchNames: (typed) => namesBy()(typed),
    addressById: (id) => byId.get(id) ?? null,
    districtAt: (lat, long) => districtOf(register.districts, lat, long),
    ...nearness(register.districts, register.streets, everyAddress),
  }
}

type Nearness = Pick<Places, 'bounds' | 'metresOutside' | 'nearestStreet' | 'nearestAddress' | 'streetsNear'>

function nearness(districts: readonly District[], streets: readonly Street[], addresses: readonly Address[]): Nearness {
  const bounds = boundsOf(districts.flatMap((district) => district.rings.flat()))
  const rings = districts.flatMap((district) => district.rings)
  const borders = once(() => nearbyIndex(rings, (ring) => ring))
  const roads = once(() => nearbyIndex(streets, ({ line }) => line))
  const doors = once(() => nearbyIndex(addresses, ({ lat, long }) => [[long, lat]]))
  const nearest = { metres: Infinity, most: 1 }
  return {
    bounds,
    metresOutside(lat, long) {
      if (districtOf(districts, lat, long) !== null) return 0
      const [border] = borders()({ lat, long }, nearest)
      return border === undefined ? Number.NaN : metresBetween({ lat, long }, border)
    },
    nearestStreet: (lat, long) => roads()({ lat, long }, nearest)[0] ?? null,
    nearestAddress: (lat, long) => doors()({ lat, long }, nearest)[0] ?? null,
    streetsNear: (lat, long, { metres = 250, most = 6 } = {}) => roads()({ lat, long }, { metres, most }),
  }
}

async function readJson(file: string): Promise<unknown> {
  const text = await readFile(file, 'utf8')
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new Error(`${file} is not JSON`, { cause })
  }
}

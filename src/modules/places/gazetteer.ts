import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { districtOf, readRegister, type Address, type District, type Street } from './places.ts'
import { addressSearch } from './search.ts'

/** Where things are in the city. It never changes once loaded, and answers without I/O. */
export type Places = {
  /** The town's name as addresses show it. */
  readonly town: string
  readonly districts: readonly District[]
  readonly streets: readonly Street[]
  /** Every address of the register, in its order. */
  readonly addresses: readonly Address[]
  /** The addresses that best fit what was typed, at most 10, best first; empty when nothing is like it. */
  readonly searchAddresses: (typed: string) => Address[]
  /** The address with this id, or null. */
  readonly addressById: (id: string) => Address | null
  /** The district around a point in WGS 84 degrees, or null outside the city. */
  readonly districtAt: (lat: number, long: number) => District | null
}

/** Reads `geo/` in a city's folder and builds the search index; throws an error that names the faulty file. */
export async function loadPlaces(folder: string): Promise<Places> {
  const [districts, streets, addresses] = await Promise.all([
    readJson(join(folder, 'geo', 'districts.geojson')),
    readJson(join(folder, 'geo', 'streets.geojson')),
    readJson(join(folder, 'geo', 'addresses.json')),
  ])
  const register = readRegister({ districts, streets, addresses })
  const byId = new Map(register.houses.map(({ address }) => [address.id, address]))
  return {
    town: register.town,
    districts: register.districts,
    streets: register.streets,
    addresses: register.houses.map(({ address }) => address),
    searchAddresses: addressSearch(register),
    addressById: (id) => byId.get(id) ?? null,
    districtAt: (lat, long) => districtOf(register.districts, lat, long),
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

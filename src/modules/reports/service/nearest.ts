import type { Places } from '../../places/index.ts'
import type { Bbox } from '../search/store.ts'

/** How far away the next house may be for its address to say where something is, in metres. */
const NEAR_METRES = 120

const METRES_PER_DEGREE = 111_195

/** The sides of a box that holds every point within so many metres. */
export function boxAround(lat: number, long: number, metres: number): Bbox {
  const high = metres / METRES_PER_DEGREE
  const wide = high / Math.max(0.01, Math.cos((lat * Math.PI) / 180))
  return [long - wide, lat - high, long + wide, lat + high]
}

/** Finds the address of the register that is nearest to a point, if one is near; the register is sorted into squares once. */
export function nearestAddresses(places: Places | null): (lat: number, long: number) => string | null {
  const side = 0.002
  const square = (lat: number, long: number): string => `${Math.floor(lat / side)}:${Math.floor(long / side)}`
  const squares = Map.groupBy(places?.addresses ?? [], (address) => square(address.lat, address.long))
  return (lat, long) => {
    const around = [-1, 0, 1].flatMap((up) =>
      [-1, 0, 1].flatMap((right) => squares.get(square(lat + up * side, long + right * side)) ?? []),
    )
    const narrow = Math.cos((lat * Math.PI) / 180)
    let [best, least] = [null as string | null, NEAR_METRES]
    for (const each of around) {
      const metres = Math.hypot(each.lat - lat, (each.long - long) * narrow) * METRES_PER_DEGREE
      if (metres < least) [best, least] = [each.line1, metres]
    }
    return best
  }
}

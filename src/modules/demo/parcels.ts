import type { Platform } from '../../platform/platform.ts'
import { addParcels, type NewParcel } from '../payments/index.ts'
import type { Address } from '../places/index.ts'
import { nameLists } from './names.ts'
import { type Chance, chance } from './random.ts'

/** How often a parcel is used how. */
const USES = [['residential', 80], ['commercial', 10], ['industrial', 4], ['vacant', 4], ['civic', 2]] as const // prettier-ignore
/** Minor units a square metre, and the least and most square metres, by use. */
const SIZES: Readonly<Record<(typeof USES)[number][0], { readonly price: number; readonly least: number; readonly most: number }>> = {
  residential: { price: 190_000, least: 38, most: 240 },
  commercial: { price: 240_000, least: 40, most: 900 },
  industrial: { price: 90_000, least: 200, most: 4_000 },
  vacant: { price: 30_000, least: 150, most: 2_500 },
  civic: { price: 120_000, least: 300, most: 3_000 },
}

/** Puts the invented register of parcels into a demo city, one for each address: the same seed gives the same register. Returns how many. */
export function seedParcels(platform: Platform, addresses: readonly Address[], seed: number): Promise<number> {
  const draw = chance(seed, 'parcels')
  return addParcels(platform, addresses.map((address) => parcelOf(draw, address))) // prettier-ignore
}

function parcelOf(draw: Chance, address: Address): NewParcel {
  const use = draw.weighted(USES)
  const { price, least, most } = SIZES[use]
  const area = draw.whole(least, most)
  const list = draw.weighted(nameLists.map((each) => [each, each.share] as const))
  const [[given], [family]] = [draw.one(list.given), draw.one(list.family)]
  const company = use === 'industrial' || (use === 'commercial' && draw.happens(0.6))
  // whole hundreds: nobody knows a value to the cent
  const value = BigInt(Math.round((area * price * draw.whole(70, 140)) / 1_000_000)) * 10_000n
  return {
    number: address.id.replace(/^ha-/, 'HV-').toUpperCase(),
    addressId: address.id,
    district: address.district,
    area,
    use,
    value,
    exemption: use === 'civic' ? 'worship_or_school' : draw.happens(0.01) ? 'protected_building' : null,
    language: list.language,
    owner: {
      kind: company ? 'company' : 'person',
      name: company ? `${family} & ${given}, Example Company` : `${given} ${family}`,
      address: [address.line1, `${address.postcode} ${address.town}`],
    },
  }
}

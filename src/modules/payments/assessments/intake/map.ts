import { z } from 'zod'
import { minorDigits } from '../../../../kernel/money.ts'
import { cleanText } from '../../../../kernel/text.ts'
import type { Platform } from '../../../../platform/platform.ts'
import { shapesFor } from '../../agencies/body.ts'
import {
  amountPart, cellReader, column, fileParts, languageColumns, languageOf, languagePart, minorUnits, named, payerColumns, payerOf, payerPart, readMapFile,
} from '../../agencies/intake/map.ts' // prettier-ignore
import type { NewParcel } from '../register.ts'
import { taxOf, type TaxRules } from '../rules.ts'

/** A column of codes, and what they are called in the city's rules where that differs. */
const coded = z.strictObject({ column, words: z.record(z.string(), z.string().min(1).max(64)).default({}) })

const mapFile = z.strictObject({
  ...fileParts,
  /** The column of the number in the register, which is the key of the parcel. */
  number: column,
  /** The column of the address in the city's register of addresses. */
  address: column.optional(),
  district: coded.optional(),
  /** The column of whole square metres. */
  area: column,
  use: coded,
  value: amountPart,
  exemption: coded.optional(),
  /** The language that the owner is written to in, or the column that says it. */
  language: languagePart,
  owner: payerPart,
})

/** What the columns of a register say. */
export type ParcelMap = z.infer<typeof mapFile>

/** Reads a map; throws an Error that names every fault in words for whoever wrote it. */
export function readParcelMap(text: string, name: string): ParcelMap {
  return readMapFile(mapFile, text, name)
}

/** The columns that a map speaks of. */
export function parcelColumns(map: ParcelMap): string[] {
  return named([
    map.number, map.address, map.district?.column, map.area, map.use.column, map.value.column, map.exemption?.column,
    ...languageColumns(map.language), ...payerColumns(map.owner),
  ]) // prettier-ignore
}

/** Why a row is not taken in: the part of it that does not fit; `rates`: no rule gives a tax for it. */
export type ParcelReject = 'number' | 'number_used' | 'area' | 'use' | 'value' | 'exemption' | 'language' | 'owner' | 'rates'

/** Reads rows as parcels that the city's rules can tax; the first thing that does not fit otherwise. */
export function parcelReader(
  platform: Platform,
  rules: TaxRules,
  map: ParcelMap,
  head: readonly string[],
): (cells: readonly string[]) => NewParcel | ParcelReject {
  const { payer, language: tags } = shapesFor(platform).bill.shape
  const digits = minorDigits(platform.city.currency)
  const cellsOf = cellReader(head)
  return (cells) => {
    const cell = cellsOf(cells)
    const number = cell(map.number).toUpperCase()
    if (!/^[0-9A-Z-]{1,40}$/.test(number)) return 'number'
    const area = /^[1-9]\d{0,8}$/.test(cell(map.area)) ? Number(cell(map.area)) : null
    if (area === null) return 'area'
    const use = codeOf(map.use, cell)
    if (use === null || !Object.hasOwn(rules.uses, use)) return 'use'
    const value = minorUnits(cell(map.value.column), map.value, digits)
    if (value === null) return 'value'
    const exemption = codeOf(map.exemption, cell)
    if (exemption !== null && !Object.hasOwn(rules.exemptions, exemption)) return 'exemption'
    const language = tags.safeParse(languageOf(map.language, cell))
    if (!language.success) return 'language'
    const owner = payer.safeParse(payerOf(map.owner, cell)).data
    if (!owner) return 'owner'
    const { kind, name, email, address } = owner
    const parcel = {
      number,
      addressId: cleanText(cell(map.address)).slice(0, 100) || null,
      district: codeOf(map.district, cell),
      area,
      use,
      value: BigInt(value),
      exemption,
      language: language.data,
      owner: { kind, name, ...(email === undefined ? {} : { email }), address: address ?? [] },
    }
    return taxed(rules, parcel) ? parcel : 'rates'
  }
}

function codeOf(part: ParcelMap['use'] | undefined, cell: (name: string | undefined) => string): string | null {
  const said = cleanText(cell(part?.column)).slice(0, 64)
  return said === '' ? null : (part?.words[said] ?? said)
}

/** A parcel that no rule taxes would stop the run of the year. */
function taxed(rules: TaxRules, parcel: NewParcel): boolean {
  try {
    taxOf(rules, parcel)
    return true
  } catch {
    return false
  }
}

/** Lengths of IBANs by country (ISO 13616, SWIFT registry). */
const LENGTHS =
  'AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30'
const lengths: ReadonlyMap<string, number> = new Map(LENGTHS.split(' ').map((each) => [each.slice(0, 2), Number(each.slice(2))]))

/** The remainder modulo 97 of digits and letters, each letter as two digits (ISO 7064, MOD 97-10). */
export function remainder97(text: string): number {
  let rest = 0
  for (const symbol of text) {
    const value = Number.parseInt(symbol, 36)
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97
  }
  return rest
}

/** An IBAN in its electronic form: upper case, without spaces; null when it is none (country, length, check digits; ISO 13616). */
export function plainIban(text: string): string | null {
  const iban = text.replaceAll(/\s/g, '').toUpperCase()
  if (!/^[A-Z]{2}\d{2}[0-9A-Z]{11,30}$/.test(iban) || lengths.get(iban.slice(0, 2)) !== iban.length) return null
  return remainder97(iban.slice(4) + iban.slice(0, 4)) === 1 ? iban : null
}

/** Whether a text is an IBAN, spaces and lower case allowed (ISO 13616). */
export function isIban(text: string): boolean {
  return plainIban(text) !== null
}

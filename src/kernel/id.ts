/** A UUIDv7 (RFC 9562, 5.7) from a time and ten random bytes. */
export function uuidv7(now: Date, random: Uint8Array): string {
  const bytes = new Uint8Array(16)
  let ms = now.getTime()
  for (let i = 5; i >= 0; i -= 1) {
    bytes[i] = ms % 256
    ms = Math.floor(ms / 256)
  }
  bytes.set(random.subarray(0, 10), 6)
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = Buffer.from(bytes).toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/** Whether a text has the form of a UUID. */
export function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/.test(text)
}

/** When a UUIDv7 was made, to the millisecond; null for a text that is none. */
export function uuidv7Time(id: string): Date | null {
  if (!isUuid(id) || id.charAt(14) !== '7') return null
  return new Date(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16))
}

const SYMBOLS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** The check value (0 to 36) of Crockford base32 symbols: their number modulo 37. */
function checkValue(symbols: string): number {
  let value = 0
  for (const symbol of symbols) value = (value * 32 + SYMBOLS.indexOf(symbol)) % 37
  return value
}

/**
 * A reference for people, such as `PKP-7K3M-Q9DX`: a prefix and seven random Crockford base32 symbols with their
 * check symbol. `random` gives numbers from 0 to 31. Draws whose check symbol is not one of the 32 are drawn again,
 * so that a reference is letters and digits only.
 */
export function newReference(prefix: string, random: () => number): string {
  for (;;) {
    let body = ''
    for (let i = 0; i < 7; i += 1) body += SYMBOLS.charAt(random() & 31)
    const check = checkValue(body)
    if (check < 32) return `${prefix}-${body.slice(0, 4)}-${body.slice(4)}${SYMBOLS.charAt(check)}`
  }
}

/** A code of `length` Crockford base32 symbols in groups of four (50 bits at 10 symbols). */
export function newCode(length: number, random: () => number): string {
  let code = ''
  for (let i = 0; i < length; i += 1) code += (i > 0 && i % 4 === 0 ? '-' : '') + SYMBOLS.charAt(random() & 31)
  return code
}

/** A code as it is compared: upper case, O read as 0, I and L as 1, without spaces and dashes. */
export function normaliseCode(typed: string): string {
  return typed
    .normalize('NFKC')
    .toUpperCase()
    .replaceAll(/[^0-9A-Z]/g, '')
    .replaceAll('O', '0')
    .replaceAll(/[IL]/g, '1')
}

/**
 * Reads a reference as a person types it (any case, spaces, O for 0, I and L for 1); null when the check symbol does
 * not fit, so that one wrong symbol or two swapped ones are always noticed.
 */
export function parseReference(typed: string): string | null {
  const text = typed
    .normalize('NFKC')
    .toUpperCase()
    .replaceAll(/[^0-9A-Z]/g, '')
  if (!/^[A-Z]{3}[0-9A-Z]{8}$/.test(text)) return null
  const prefix = text.slice(0, 3)
  const body = normaliseCode(text.slice(3))
  if ([...body].some((symbol) => !SYMBOLS.includes(symbol))) return null
  if (SYMBOLS.charAt(checkValue(body.slice(0, 7))) !== body.charAt(7)) return null
  return `${prefix}-${body.slice(0, 4)}-${body.slice(4)}`
}

/**
 * The references that were perhaps meant by one that does not fit: those that differ from it in one symbol after the
 * prefix, or in two swapped neighbours; at most 15.
 */
export function nearReferences(typed: string): string[] {
  const text = typed
    .normalize('NFKC')
    .toUpperCase()
    .replaceAll(/[^0-9A-Z]/g, '')
  if (!/^[A-Z]{3}[0-9A-Z]{8}$/.test(text) || parseReference(text) !== null) return []
  const prefix = text.slice(0, 3)
  const body = normaliseCode(text.slice(3))
  const near = new Set<string>()
  const offer = (symbols: string): void => {
    const reference = parseReference(prefix + symbols)
    if (reference !== null) near.add(reference)
  }
  for (let at = 0; at < 8; at += 1) {
    const symbol = fitting(body, at)
    if (symbol !== null) offer(body.slice(0, at) + symbol + body.slice(at + 1))
    if (at < 7) offer(body.slice(0, at) + body.charAt(at + 1) + body.charAt(at) + body.slice(at + 2))
  }
  return [...near]
}

/** The one symbol that makes the check symbol fit when it stands at this place; null when there is none, or another symbol is none at all. */
function fitting(body: string, at: number): string | null {
  if ([...body].some((symbol, i) => i !== at && !SYMBOLS.includes(symbol))) return null
  if (at === 7) return SYMBOLS.charAt(checkValue(body.slice(0, 7))) || null
  const check = SYMBOLS.indexOf(body.charAt(7))
  for (const symbol of SYMBOLS) if (checkValue(body.slice(0, at) + symbol + body.slice(at + 1, 7)) === check) return symbol
  return null
}

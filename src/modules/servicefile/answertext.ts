/** How many characters a text of each kind may have when its question does not say. */
export const textLimits: Readonly<Record<string, number>> = {
  text: 200,
  long_text: 4000,
  email: 254,
  phone: 30,
  iban: 34,
  national_id: 40,
}

/** How many files a `file` question takes, how large each may be in MB, and of what kinds, when its service does not say. */
export const fileLimits = { maxFiles: 1, maxMb: 10, accept: ['image', 'pdf'] } as const

/** How many rows a repeating group takes when its service does not say; the schema allows no more. */
export const MOST_ROWS = 50

/** Whether a cleaned text cannot be of its kind: an address that mail cannot reach, a number that cannot be dialled. */
export function textProblem(kind: string, text: string): boolean {
  if (kind === 'email') return !isEmail(text)
  if (kind === 'phone') return !isPhone(text)
  if (kind === 'national_id') return !/^[\p{L}\p{N}][\p{L}\p{N} ./-]{2,39}$/u.test(text)
  return false
}

/** Whether a text has the form of an e-mail address (RFC 5321 lengths, a dotted domain, no quoted local part). */
export function isEmail(text: string): boolean {
  const at = text.lastIndexOf('@')
  if (at < 1 || at > 64 || text.length > 254) return false
  const [local, domain] = [text.slice(0, at), text.slice(at + 1)]
  if (!/^[^\s@"(),:;<>[\\\]]+$/.test(local) || local.startsWith('.') || local.endsWith('.') || local.includes('..')) return false
  const labels = domain.split('.')
  const known = /^[\p{L}\p{N}]([\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?$/u
  return labels.length > 1 && labels.every((label) => known.test(label)) && !/^\d+$/.test(labels.at(-1) ?? '')
}

/** Whether a text can be a telephone number: 3 to 15 digits (E.164) with the usual signs between them. */
export function isPhone(text: string): boolean {
  if (!/^\+?[0-9 ().\-/]{3,29}$/.test(text)) return false
  const digits = text.replaceAll(/\D/g, '').length
  return digits >= 3 && digits <= 15
}

/** Whether a text without spaces, in capitals, is an IBAN with the right check digits (ISO 13616, ISO 7064 MOD 97-10). */
export function isIban(text: string): boolean {
  if (!/^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/.test(text)) return false
  let rest = 0
  for (const symbol of text.slice(4) + text.slice(0, 4)) {
    const value = Number.parseInt(symbol, 36)
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97
  }
  return rest === 1
}

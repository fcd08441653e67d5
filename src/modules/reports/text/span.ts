/** What kind of personal thing was found. */
export type PersonalKind = 'email' | 'account' | 'id' | 'plate' | 'phone' | 'name'

/** A part of a text: UTF-16 offsets, `to` exclusive. */
export type Span = { readonly from: number; readonly to: number }

/** Where something personal stands in a text. */
export type Personal = Span & { readonly kind: PersonalKind }

/** Stands where something was recognised: neither letter, digit, space nor mark of any rule. */
const BLOT = '\uE000'

/** Digits of other scripts as ASCII digits; every offset stays. */
export function plainDigits(text: string): string {
  return text.replaceAll(/[\u0660-\u0669\u06F0-\u06F9\uFF10-\uFF19]/g, (digit) => String(digitOf(digit.charCodeAt(0))))
}

function digitOf(code: number): number {
  if (code >= 0xff10) return code - 0xff10
  return code >= 0x06f0 ? code - 0x06f0 : code - 0x0660
}

/** Every match of a global pattern that `fits`, in order. Patterns repeat nothing without a bound: the time stays linear. */
export function spansOf(text: string, pattern: RegExp, fits: (match: RegExpExecArray) => boolean = () => true): Span[] {
  const spans: Span[] = []
  for (const match of text.matchAll(pattern)) {
    if (fits(match)) spans.push({ from: match.index, to: match.index + match[0].length })
  }
  return spans
}

/** The text without what was recognised, so that no other rule reads it as something else; every offset stays. */
export function blotOut(text: string, spans: readonly Span[]): string {
  let blotted = ''
  let at = 0
  for (const { from, to } of spans) {
    if (from < at) continue
    blotted += text.slice(at, from) + BLOT.repeat(to - from)
    at = to
  }
  return blotted + text.slice(at)
}

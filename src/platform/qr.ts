import { createRequire } from 'node:module'
import { once } from '../kernel/once.ts'

/** Loaded with the first code: it is large, and its time would be part of every start. */
const library = once((): typeof import('bwip-js/node') => createRequire(import.meta.url)('bwip-js/node'))

/**
 * A text as QR code (ISO/IEC 18004) in SVG, error correction level M; `padding` is the quiet zone in units, on white. Without it
 * the code has neither. Throws when the text is too long.
 */
export function qrSquare(text: string, padding?: number): string {
  const square = { bcid: 'qrcode', text, eclevel: 'M', ...(padding === undefined ? {} : { padding, backgroundcolor: 'FFFFFF' }) }
  return library().toSVG(square)
}

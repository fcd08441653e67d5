import { Problem } from '../kernel/problem.ts'
import { cleanText } from '../kernel/text.ts'

/** A file that was looked at: its type is what its bytes say, and pictures carry no EXIF or GPS any more. */
export type CleanFile = { readonly name: string; readonly mediaType: string; readonly bytes: Uint8Array }

/** Pictures are kept at most this wide and high, in pixels; larger input than 100 megapixels is refused. */
const MOST_PIXELS = 4_000
const INPUT_PIXELS = 100_000_000

const ENDINGS = { 'application/pdf': /\.pdf$/i, 'image/png': /\.png$/i, 'image/jpeg': /\.jpe?g$/i } as const

/** A name that ends as its type does: a photo that calls itself a program is not saved as one (OWASP ASVS 5.0, 5.2.2). */
function named(name: string, mediaType: keyof typeof ENDINGS): string {
  if (ENDINGS[mediaType].test(name)) return name
  const known = /\.(jpe?g|png|webp|hei[cf]|avif|gif|tiff?|pdf)$/i
  return `${name.replace(known, '').slice(-115)}.${mediaType === 'image/jpeg' ? 'jpg' : mediaType.slice(-3)}`
}

/**
 * Looks at uploaded bytes: sniffs the type, makes pictures anew (which removes EXIF, GPS and anything hidden), and lets
 * PDF through as it is. Throws 422 for an empty file, another type, or a picture that cannot be read, as HEIC cannot.
 */
export async function cleanUpload(name: string, bytes: Buffer, accept: readonly ('image' | 'pdf')[]): Promise<CleanFile> {
  if (bytes.length === 0) throw new Problem('upload.empty', 422, 'The file is empty.')
  const { fileTypeFromBuffer } = await import('file-type') // loaded with the first file, as the picture library is
  const type = await fileTypeFromBuffer(bytes)
  const safeName =
    cleanText(name)
      .replaceAll(/[/\\:*?"<>|\n]/g, ' ')
      .trim()
      .slice(-120) || 'file'
  if (type?.mime === 'application/pdf' && accept.includes('pdf'))
    return { name: named(safeName, 'application/pdf'), mediaType: 'application/pdf', bytes }
  const isPicture = ['image/jpeg', 'image/png', 'image/webp', 'image/heic', 'image/heif', 'image/avif', 'image/gif', 'image/tiff'].includes(
    type?.mime ?? '',
  )
  if (!isPicture || !accept.includes('image')) {
    throw new Problem('upload.type', 422, accept.includes('pdf') ? 'Send a photo or a PDF.' : 'Send a photo.', { accept: [...accept] })
  }
  // the coding of phones' own photos (HEVC) is not free to use, so the picture library cannot read it
  const heic = (): Problem =>
    new Problem('upload.heic', 422, 'This photo is in the HEIC format, which cannot be read here. Send it as JPEG or PNG.')
  if (type?.mime === 'image/heic') throw heic()
  const { default: sharp } = await import('sharp') // loaded with the first picture: it takes memory that many processes never need
  try {
    const picture = sharp(bytes, { limitInputPixels: INPUT_PIXELS, failOn: 'error', sequentialRead: true }).rotate()
    const fitted = picture.resize({ width: MOST_PIXELS, height: MOST_PIXELS, fit: 'inside', withoutEnlargement: true })
    const made = await (type?.mime === 'image/png' ? fitted.png() : fitted.jpeg({ quality: 85, mozjpeg: false })).toBuffer()
    const mediaType = type?.mime === 'image/png' ? 'image/png' : 'image/jpeg'
    return { name: named(safeName, mediaType), mediaType, bytes: made }
  } catch {
    // the same container may hold a picture that can be read
    if (type?.mime === 'image/heif') throw heic()
    throw new Problem('upload.unreadable', 422, 'The picture cannot be read. Take it again, or send it as JPEG or PNG.')
  }
}

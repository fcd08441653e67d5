/** Where a photo was taken, in WGS 84 degrees. */
export type PhotoPosition = { readonly lat: number; readonly long: number }

/** The position stands near the beginning of a photo: no more than this is read, in bytes. */
const MOST_READ = 1024 * 1024
/** Reading takes a few milliseconds; a file made to take longer is left. */
const MOST_MS = 1_000

/**
 * The position that a photo's own notes (EXIF 2.3, GPS IFD) give, to six decimals; null when there is none, when it is
 * 0/0 or out of range, or when the bytes are no photo. It never throws. Offer it: the photo itself loses it in `cleanUpload`.
 */
export async function positionOf(bytes: Uint8Array): Promise<PhotoPosition | null> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<null>((done) => {
    timer = setTimeout(() => done(null), MOST_MS)
  })
  try {
    return await Promise.race([readPosition(bytes.subarray(0, MOST_READ)), late])
  } catch {
    return null
  } finally {
    clearTimeout(timer)
  }
}

async function readPosition(bytes: Uint8Array): Promise<PhotoPosition | null> {
  const { fileTypeFromBuffer } = await import('file-type') // loaded with the first file, as the picture library is
  const type = await fileTypeFromBuffer(bytes)
  if (!['image/jpeg', 'image/png', 'image/heic', 'image/heif', 'image/avif', 'image/tiff'].includes(type?.mime ?? '')) return null
  const { default: exifr } = await import('exifr') // loaded with the first photo: many processes never need it
  const found: unknown = await exifr.gps(bytes)
  if (typeof found !== 'object' || found === null || !('latitude' in found) || !('longitude' in found)) return null
  const [lat, long] = [Number(found.latitude), Number(found.longitude)]
  const known = Math.abs(lat) <= 90 && Math.abs(long) <= 180 && (lat !== 0 || long !== 0)
  return known ? { lat: rounded(lat), long: rounded(long) } : null
}

function rounded(degrees: number): number {
  return Math.round(degrees * 1e6) / 1e6
}

import type { CleanFile } from '../../platform/uploads.ts'

/** Drawn pictures of a street before and after it was mended. */
export type StreetPictures = { readonly before: readonly CleanFile[]; readonly after: readonly CleanFile[] }

const LOOKS = [
  { sky: '#b9d3e6', wall: '#d8c3a5', road: '#5d6166' },
  { sky: '#cfd8dc', wall: '#a9b8a2', road: '#4b4f55' },
  { sky: '#e8d9b5', wall: '#c08f80', road: '#6a6660' },
] as const

/** Draws them: plainly no photographs, and small. */
export async function drawStreets(): Promise<StreetPictures> {
  const { default: sharp } = await import('sharp') // loaded here: only the seed draws
  const draw = async (name: string, svg: string): Promise<CleanFile> => ({
    name,
    mediaType: 'image/jpeg',
    bytes: await sharp(Buffer.from(svg)).jpeg({ quality: 70 }).toBuffer(),
  })
  return {
    before: await Promise.all(LOOKS.map((look, at) => draw(`before-${at + 1}.jpg`, street(look, true)))),
    after: await Promise.all(LOOKS.map((look, at) => draw(`after-${at + 1}.jpg`, street(look, false)))),
  }
}

function street({ sky, wall, road }: (typeof LOOKS)[number], broken: boolean): string {
  const hole = '<ellipse cx="250" cy="300" rx="70" ry="22" fill="#26282b"/><ellipse cx="256" cy="304" rx="48" ry="12" fill="#7d96a5"/>'
  const patch = '<rect x="175" y="280" width="150" height="40" rx="4" fill="#34373b"/>'
  return `<svg xmlns="http://www.w3.org/2000/svg" width="480" height="360">
    <rect width="480" height="200" fill="${sky}"/><rect x="30" y="70" width="150" height="140" fill="${wall}"/>
    <rect x="290" y="100" width="160" height="110" fill="${wall}"/><rect y="200" width="480" height="30" fill="#bdb9b0"/>
    <rect y="230" width="480" height="130" fill="${road}"/>${broken ? hole : patch}</svg>`
}

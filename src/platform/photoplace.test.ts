import assert from 'node:assert/strict'
import { it } from 'node:test'
import fc from 'fast-check'
import sharp from 'sharp'
import { positionOf } from './photoplace.ts'
import { cleanUpload } from './uploads.ts'

const plain = (): ReturnType<typeof sharp> => sharp({ create: { width: 40, height: 30, channels: 3, background: '#284' } })

/** Degrees as EXIF has them: degrees, minutes and seconds, each a fraction. */
const dms = (degrees: number): string => {
  const seconds = Math.round(Math.abs(degrees) * 3600 * 1000)
  return `${Math.floor(seconds / 3_600_000)}/1 ${Math.floor((seconds % 3_600_000) / 60_000)}/1 ${seconds % 60_000}/1000`
}

const photoAt = (lat: number, long: number): Promise<Buffer> =>
  plain()
    .withExif({
      IFD3: { GPSLatitudeRef: lat < 0 ? 'S' : 'N', GPSLatitude: dms(lat), GPSLongitudeRef: long < 0 ? 'W' : 'E', GPSLongitude: dms(long) },
    })
    .jpeg()
    .toBuffer()

it('a photo tells where it was taken, before it is cleaned and never after', async () => {
  for (const [lat, long] of [
    [39.00431, -30.50027],
    [-33.8568, 151.2153],
    [51.4779, -0.0015],
  ] as const) {
    const photo = await photoAt(lat, long)
    const read = await positionOf(photo)
    assert.ok(read && Math.abs(read.lat - lat) < 1e-6 && Math.abs(read.long - long) < 1e-6, JSON.stringify(read))
    const clean = await cleanUpload('photo.jpg', photo, ['image'])
    assert.equal(await positionOf(clean.bytes), null)
  }
})

it('a photo without a position, or with one that is none, gives null', async () => {
  assert.equal(await positionOf(await plain().jpeg().toBuffer()), null)
  assert.equal(await positionOf(await photoAt(0, 0)), null)
  assert.equal(await positionOf(await photoAt(95, 12)), null)
  assert.equal(await positionOf(await plain().withExif({ IFD3: { GPSLatitude: '1/0 0/0 0/0', GPSLongitude: '1/0 0/0 0/0' } }).jpeg().toBuffer()), null) // prettier-ignore
})

it('what is no photo gives null: a zip that calls itself one, nothing, text, a broken file', async () => {
  for (const bytes of [
    Buffer.from('PK\u0003\u0004photo.jpg'),
    Buffer.alloc(0),
    Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'),
    Buffer.from('\xff\xd8\xff\xe1', 'latin1'),
  ])
    assert.equal(await positionOf(bytes), null)
})

it('never throws and never takes long, however a photo is broken', async () => {
  const photo = await photoAt(39, -30.5)
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(Math.min(400, photo.length - 1)), fc.nat(255)), { minLength: 1, maxLength: 12 }),
      fc.nat(photo.length),
      async (changes, length) => {
        const broken = Uint8Array.from(photo)
        for (const [at, value] of changes) broken[at] = value
        const begun = performance.now()
        const read = await positionOf(broken.subarray(0, length))
        assert.ok(read === null || (Math.abs(read.lat) <= 90 && Math.abs(read.long) <= 180))
        assert.ok(performance.now() - begun < 1_500)
      },
    ),
    { numRuns: 300 },
  )
})

it('25 MB of nothing behind a photo change nothing', async () => {
  const photo = Buffer.concat([await photoAt(39, -30.5), Buffer.alloc(25 * 1024 * 1024)])
  const begun = performance.now()
  assert.deepEqual(await positionOf(photo), { lat: 39, long: -30.5 })
  assert.ok(performance.now() - begun < 500)
})

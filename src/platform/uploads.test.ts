import assert from 'node:assert/strict'
import { it } from 'node:test'
import { crc32, deflateSync } from 'node:zlib'
import sharp from 'sharp'
import { cleanUpload } from './uploads.ts'

it('a photo loses its EXIF and GPS, and stays a photo', async () => {
  const taken = await sharp({ create: { width: 30, height: 20, channels: 3, background: '#284' } })
    .withExif({ IFD0: { Make: 'Camera of a resident' }, IFD3: { GPSLatitude: '39/1 0/1 0/1', GPSLatitudeRef: 'N' } })
    .jpeg()
    .toBuffer()
  assert.ok((await sharp(taken).metadata()).exif, 'the photo came with EXIF')
  const clean = await cleanUpload('../photo.jpg', taken, ['image'])
  const kept = await sharp(clean.bytes).metadata()
  assert.equal(kept.exif, undefined)
  assert.deepEqual([kept.format, kept.width, kept.height, clean.mediaType], ['jpeg', 30, 20, 'image/jpeg'])
  assert.ok(!Buffer.from(clean.bytes).includes('Camera of a resident'))
  assert.ok(!clean.name.includes('/'))
})

it('bytes decide what a file is, not its name', async () => {
  await assert.rejects(cleanUpload('photo.jpg', Buffer.from('PK\u0003\u0004 a zip'), ['image', 'pdf']), { code: 'upload.type' })
  await assert.rejects(cleanUpload('photo.jpg', Buffer.alloc(0), ['image']), { code: 'upload.empty' })
  await assert.rejects(cleanUpload('a.pdf', Buffer.from('%PDF-1.7\n'), ['image']), { code: 'upload.type' })
  const broken = (
    await sharp({ create: { width: 30, height: 20, channels: 3, background: '#284' } })
      .jpeg()
      .toBuffer()
  ).subarray(0, 200)
  await assert.rejects(cleanUpload('photo.jpg', broken, ['image']), { code: 'upload.unreadable' })
})

const square = (side: number): ReturnType<typeof sharp> => sharp({ create: { width: side, height: side, channels: 3, background: '#284' } })

it('a name is only a name: no path, no control sign, nothing that turns the text around', async () => {
  const bytes = await square(8).jpeg().toBuffer()
  const names = [
    '../../etc/passwd.jpg', '..\\..\\evil.jpg', 'C:\\boot.ini', 'a\r\nx-evil: 1.jpg', 'photo.jpg\u0000.html', '<img src=x>.jpg', 'a"; filename="evil.html', '\u202egpj.exe',
    '.', '..', '/', '', 'x'.repeat(5_000), '\ud800.jpg',
  ] // prettier-ignore
  for (const name of names) {
    const clean = await cleanUpload(name, bytes, ['image'])
    assert.doesNotMatch(clean.name, /[/\\:*?"<>|\u0000-\u001f\u202e]/, name)
    assert.ok(clean.name.length > 0 && clean.name.length <= 120, name)
  }
})

it('a name ends as its type does, whatever it came with', async () => {
  const [jpeg, png] = [await square(8).jpeg().toBuffer(), await square(8).png().toBuffer()]
  const pdf = Buffer.from('%PDF-1.7\n')
  for (const [name, bytes, wanted] of [
    ['photo.JPG', jpeg, 'photo.JPG'],
    ['photo.jpeg', jpeg, 'photo.jpeg'],
    ['photo.heic', jpeg, 'photo.jpg'],
    ['setup.exe', jpeg, 'setup.exe.jpg'],
    ['page.html', png, 'page.html.png'],
    ['scan', pdf, 'scan.pdf'],
    ['scan.pdf.js', pdf, 'scan.pdf.js.pdf'],
    ['.png', jpeg, '.jpg'],
  ] as const)
    assert.equal((await cleanUpload(name, bytes, ['image', 'pdf'])).name, wanted)
})

it('what carries script or a second file is refused or made anew without it', async () => {
  const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>alert(1)</script></svg>'
  const html = '<!doctype html><script>alert(1)</script>'
  for (const text of [svg, `<?xml version="1.0"?>${svg}`, html, `GIF89a=1;${html}`, '#!/bin/sh', 'MZ\u0090', '{}', `BM${html}`])
    await assert.rejects(
      cleanUpload('photo.jpg', Buffer.from(text, 'latin1'), ['image', 'pdf']),
      /Send a photo|cannot be read/,
      text.slice(0, 20),
    )
  for (const picture of [await square(20).jpeg().toBuffer(), await square(20).png().toBuffer(), await square(20).gif().toBuffer()]) {
    const double = Buffer.concat([picture, Buffer.from(`${html}PK\u0003\u0004hidden`)])
    const clean = Buffer.from((await cleanUpload('photo.jpg', double, ['image'])).bytes)
    for (const needle of ['<script', 'alert', 'PK\u0003\u0004', 'hidden']) assert.ok(!clean.includes(needle), needle)
  }
  const commented = await square(20)
    .withMetadata({ exif: { IFD0: { ImageDescription: html } } })
    .jpeg()
    .toBuffer()
  assert.ok(commented.includes('alert'))
  assert.ok(!Buffer.from((await cleanUpload('a.jpg', commented, ['image'])).bytes).includes('alert'))
})

const chunk = (type: string, data: Buffer): Buffer => {
  const body = Buffer.concat([Buffer.from(type), data])
  const [size, sum] = [Buffer.alloc(4), Buffer.alloc(4)]
  size.writeUInt32BE(data.length)
  sum.writeUInt32BE(crc32(body))
  return Buffer.concat([size, body, sum])
}

/** A PNG that says it is so wide and high and has these pixels, with other chunks before them. */
const pngOf = (width: number, height: number, pixels: Buffer, ...others: Buffer[]): Buffer => {
  const head = Buffer.alloc(13)
  head.writeUInt32BE(width, 0)
  head.writeUInt32BE(height, 4)
  head.set([8, 2], 8)
  return Buffer.concat([
    Buffer.from('\u0089PNG\r\n\u001a\n', 'latin1'),
    chunk('IHDR', head),
    ...others,
    chunk('IDAT', deflateSync(pixels)),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

it('a picture that would fill the memory is refused before it does', async () => {
  for (const [width, height] of [
    [60_000, 60_000],
    [2_147_483_647, 2],
    [10_001, 10_001],
    [0, 0],
  ] as const) {
    const begun = performance.now()
    await assert.rejects(
      cleanUpload('bomb.png', pngOf(width, height, Buffer.alloc(2_000_000)), ['image']),
      { code: 'upload.unreadable' },
      `${width} x ${height}`,
    )
    assert.ok(performance.now() - begun < 2_000)
  }
})

it('a picture of nearly the most pixels, packed into 300 kB, is made small without unpacking all of it at once', async () => {
  const side = 9_999
  const bomb = pngOf(side, side, Buffer.alloc((side * 3 + 1) * side))
  assert.ok(bomb.length < 400_000)
  const before = process.memoryUsage().rss
  let most = before
  const watch = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 5)
  const clean = await cleanUpload('bomb.png', bomb, ['image']).finally(() => clearInterval(watch))
  assert.ok((await sharp(clean.bytes).metadata()).width <= 4_000)
  // whole it would take 300 MB
  assert.ok(most - before < 200_000_000, `${Math.round((most - before) / 1e6)} MB more`)
})

it('half a gigabyte packed into the notes of a picture is not unpacked', async () => {
  const notes = chunk('zTXt', Buffer.concat([Buffer.from('Comment\0\0', 'latin1'), deflateSync(Buffer.alloc(500_000_000))]))
  const begun = performance.now()
  const clean = await cleanUpload('notes.png', pngOf(10, 10, Buffer.alloc(310), notes), ['image'])
  assert.ok(clean.bytes.length < 1_000 && performance.now() - begun < 2_000)
})

it('a real zip that calls itself a photo is refused, and so is one behind a false beginning', async () => {
  const name = Buffer.from('photo.jpg')
  const local = Buffer.alloc(30)
  local.writeUInt32LE(0x04034b50, 0)
  local.writeUInt16LE(20, 4)
  local.writeUInt16LE(name.length, 26)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  const zip = Buffer.concat([local, name, Buffer.from('not a photo'), end])
  await assert.rejects(cleanUpload('photo.jpg', zip, ['image']), { code: 'upload.type', status: 422 })
  await assert.rejects(cleanUpload('photo.jpg', zip, ['image', 'pdf']), { code: 'upload.type' })
  const disguised = Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), zip])
  await assert.rejects(cleanUpload('photo.jpg', disguised, ['image']), { code: 'upload.unreadable' })
})

it('25 MB are a photo when they are one, and refused at once when they are noise', async () => {
  const noise = Buffer.from(Uint8Array.from({ length: 2_900 * 2_900 * 3 }, (_, at) => Math.imul(at, 2_654_435_761) >>> 24))
  const large = await sharp(noise, { raw: { width: 2_900, height: 2_900, channels: 3 } })
    .png({ compressionLevel: 0 })
    .toBuffer()
  assert.ok(large.length > 25_000_000)
  const clean = await cleanUpload('large.png', large, ['image'])
  assert.equal((await sharp(clean.bytes).metadata()).width, 2_900)
  const begun = performance.now()
  await assert.rejects(cleanUpload('noise.jpg', Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), noise]), ['image']), {
    code: 'upload.unreadable',
  })
  await assert.rejects(cleanUpload('noise.jpg', noise, ['image']), { code: 'upload.type' })
  assert.ok(performance.now() - begun < 2_000)
})

it('a photo in the format of some phones gets words of its own, for nobody here can read it', async () => {
  const box = Buffer.from('\0\0\0\u0018ftypheic\0\0\0\0mif1heic', 'latin1')
  for (const name of ['IMG_0001.HEIC', 'IMG_0001.jpg'])
    await assert.rejects(cleanUpload(name, Buffer.concat([box, Buffer.alloc(64)]), ['image', 'pdf']), { code: 'upload.heic' })
})

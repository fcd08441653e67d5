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

it('a picture that would fill the memory is refused before it does', async () => {
  const chunk = (type: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type), data])
    const [size, sum] = [Buffer.alloc(4), Buffer.alloc(4)]
    size.writeUInt32BE(data.length)
    sum.writeUInt32BE(crc32(body))
    return Buffer.concat([size, body, sum])
  }
  const bomb = (width: number, height: number): Buffer => {
    const head = Buffer.alloc(13)
    head.writeUInt32BE(width, 0)
    head.writeUInt32BE(height, 4)
    head.set([8, 2], 8)
    const pixels = deflateSync(Buffer.alloc(2_000_000))
    return Buffer.concat([
      Buffer.from('\u0089PNG\r\n\u001a\n', 'latin1'),
      chunk('IHDR', head),
      chunk('IDAT', pixels),
      chunk('IEND', Buffer.alloc(0)),
    ])
  }
  for (const [width, height] of [
    [60_000, 60_000],
    [2_147_483_647, 2],
    [10_001, 10_001],
    [0, 0],
  ] as const) {
    const begun = performance.now()
    await assert.rejects(cleanUpload('bomb.png', bomb(width, height), ['image']), { code: 'upload.unreadable' }, `${width} x ${height}`)
    assert.ok(performance.now() - begun < 2_000)
  }
})

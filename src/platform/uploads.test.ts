import assert from 'node:assert/strict'
import { it } from 'node:test'
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

import assert from 'node:assert/strict'
import { createHash, createHmac, randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { buffer } from 'node:stream/consumers'
import { inspect } from 'node:util'
import { type FileStore, localFiles } from './files.ts'
import { readS3Url, type S3Options, s3Files } from './s3files.ts'

const ACCESS = 'EXAMPLEKEYID'
const SECRET = 'example-secret-of-no-account'
const KEY = '0190a1b2-0000-7000-8000-00000000000a'

const sha256 = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex')
const hmac = (key: Uint8Array | string, text: string): Buffer => createHmac('sha256', key).update(text).digest()

/** What the store does with the next request instead of its work. */
type Trouble = 'busy' | 'reset' | 'silent' | 'stall' | 'cut' | 'denied' | 'elsewhere'

type Bucket = { url: string; objects: Map<string, Buffer>; seen: string[]; troubles: Trouble[]; close(): Promise<void> }

/** Why a request is not signed with the secret as AWS Signature Version 4 asks; null when it is. */
function signatureFault(request: IncomingMessage, body: Buffer): string | null {
  const header = (name: string): string => String(request.headers[name] ?? '')
  const form = /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/
  const [, access, day = '', region = '', names = '', signature] = form.exec(header('authorization')) ?? []
  if (access !== ACCESS) return 'is not signed by the key'
  if (header('x-amz-content-sha256') !== sha256(body)) return 'has a hash of other content'
  const signed = names.split(';')
  for (const name of ['host', 'x-amz-content-sha256', 'x-amz-date']) if (!signed.includes(name)) return `does not sign ${name}`
  const url = new URL(request.url ?? '', 'http://store.example')
  const query = [...url.searchParams].map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).toSorted()
  const lines = signed.map((name) => `${name}:${header(name).trim().replaceAll(/ +/g, ' ')}\n`).join('')
  const canonical = [request.method, url.pathname, query.join('&'), lines, names, sha256(body)].join('\n')
  const scope = `${day}/${region}/s3/aws4_request`
  const key = [region, 's3', 'aws4_request'].reduce<Buffer>((key, part) => hmac(key, part), hmac(`AWS4${SECRET}`, day))
  const wanted = hmac(key, ['AWS4-HMAC-SHA256', header('x-amz-date'), scope, sha256(canonical)].join('\n')).toString('hex')
  return wanted === signature ? null : 'has a signature that does not fit'
}

function answer(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { 'content-type': 'application/xml' })
  response.end(
    `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${code} ${ACCESS}</Message><AWSAccessKeyId>${ACCESS}</AWSAccessKeyId></Error>`,
  )
}

function makeTrouble(trouble: Trouble, response: ServerResponse): void {
  if (trouble === 'busy') answer(response, 503, 'SlowDown')
  if (trouble === 'denied') answer(response, 403, 'AccessDenied')
  if (trouble === 'elsewhere') response.writeHead(404, { 'content-type': 'text/html' }).end('<h1>Not found</h1>')
  if (trouble === 'reset') response.destroy()
  if (trouble !== 'stall' && trouble !== 'cut') return
  response.writeHead(200, { 'content-length': '100' })
  response.write('only the beginning')
  if (trouble === 'cut') setTimeout(() => response.destroy(), 30)
}

/** A store of one bucket, `stoa`, that speaks as much S3 as Stoa needs. */
async function startBucket(): Promise<Bucket> {
  const objects = new Map<string, Buffer>()
  const seen: string[] = []
  const troubles: Trouble[] = []
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await buffer(request)
    const { pathname } = new URL(request.url ?? '', 'http://store.example')
    seen.push(`${request.method} ${pathname}`)
    const trouble = troubles.shift()
    if (trouble) return makeTrouble(trouble, response)
    const fault = signatureFault(request, body)
    if (fault !== null) return answer(response, 403, 'SignatureDoesNotMatch')
    if (!pathname.startsWith('/stoa/')) return answer(response, 404, 'NoSuchBucket')
    if (request.method === 'PUT') objects.set(pathname, body)
    if (request.method === 'DELETE') objects.delete(pathname)
    const object = objects.get(pathname)
    if (request.method === 'GET' && !object) return answer(response, 404, 'NoSuchKey')
    response.writeHead(request.method === 'DELETE' ? 204 : 200, { etag: '"1"' }).end(request.method === 'GET' ? object : undefined)
  }
  const server = createServer((request, response) => void serve(request, response).catch(() => response.destroy()))
  await new Promise<void>((done) => void server.listen(0, '127.0.0.1', done))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    objects,
    seen,
    troubles,
    close: () =>
      new Promise((done) => {
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
}

let bucket: Bucket
let folder: string
before(async () => {
  bucket = await startBucket()
  folder = await mkdtemp(join(tmpdir(), 'stoa-files-'))
})
after(async () => {
  await bucket.close()
  await rm(folder, { recursive: true, force: true })
})

function inBucket(other: Partial<S3Options> = {}): FileStore {
  const place = { bucket: 'stoa', prefix: 'city/files', endpoint: bucket.url, region: 'eu-example-1', pathStyle: true }
  return s3Files({ ...place, accessKeyId: ACCESS, secretAccessKey: SECRET, ...other })
}

const stores: Record<string, () => FileStore> = { 'the local disk': () => localFiles(folder), 'a bucket': () => inBucket() }

for (const [name, open] of Object.entries(stores))
  describe(`a file store on ${name}`, () => {
    test('gives back what was put, byte for byte, also to another that opens it', async () => {
      for (const size of [0, 1, 70_000, 3_000_000]) {
        const bytes = randomBytes(size)
        await open().put(KEY, bytes)
        const got = await open().get(KEY)
        assert.ok(got !== null && bytes.equals(got), `${size} bytes`)
      }
    })
    test('puts over what was there', async () => {
      const store = open()
      await store.put(KEY, Buffer.from('first'))
      await store.put(KEY, Buffer.from('second'))
      assert.equal(Buffer.from((await store.get(KEY)) ?? []).toString(), 'second')
    })
    test('puts many at once without mixing them', async () => {
      const store = open()
      const keys = Array.from({ length: 20 }, (_, i) => `0190a1b2-0000-7000-8000-0000000001${String(i).padStart(2, '0')}`)
      await Promise.all(keys.map((key) => store.put(key, Buffer.from(key))))
      for (const key of keys) assert.equal(Buffer.from((await store.get(key)) ?? []).toString(), key)
    })
    test('has null for what was never put and for what was removed; removing twice is no fault', async () => {
      const store = open()
      assert.equal(await store.get('0190a1b2-0000-7000-8000-00000000000f'), null)
      await store.put(KEY, Buffer.from('soon gone'))
      await store.remove(KEY)
      assert.equal(await store.get(KEY), null)
      await store.remove(KEY)
    })
    test('refuses keys that are not ids', async () => {
      const store = open()
      for (const key of ['', 'short', '../../../etc/passwd', 'UPPER-CASE-KEY', 'a'.repeat(81), 'with/slash-in-it', 'with.dot.in.it']) {
        await assert.rejects(store.put(key, Buffer.from('x')), /a file key is an id/)
        await assert.rejects(store.get(key), /a file key is an id/)
        await assert.rejects(store.remove(key), /a file key is an id/)
      }
    })
  })

describe('a bucket', () => {
  test('lies in the same layout as the folder, below the prefix', async () => {
    bucket.objects.clear()
    await inBucket().put(KEY, Buffer.from('x'))
    await inBucket({ prefix: '' }).put(KEY, Buffer.from('x'))
    assert.deepEqual([...bucket.objects.keys()], [`/stoa/city/files/0a/${KEY}`, `/stoa/0a/${KEY}`])
  })
  test('is asked again when it is busy or hangs up, and no more than three times', async () => {
    const store = inBucket()
    for (const trouble of ['busy', 'reset'] as const) {
      bucket.seen.length = 0
      bucket.troubles.push(trouble)
      await store.put(KEY, Buffer.from(trouble))
      bucket.troubles.push(trouble)
      assert.equal(Buffer.from((await store.get(KEY)) ?? []).toString(), trouble)
      bucket.troubles.push(trouble)
      await store.remove(KEY)
      assert.equal(bucket.seen.length, 6)
    }
    bucket.seen.length = 0
    bucket.troubles.push('busy', 'busy', 'busy', 'busy')
    await assert.rejects(store.put(KEY, Buffer.from('x')), { message: 'the file store could not put: SlowDown (503)' })
    assert.equal(bucket.seen.length, 3)
    bucket.troubles.length = 0
  })
  test('that is silent, stalls or is cut off within the content is given up in time', async () => {
    const store = inBucket({ attemptMs: 200 })
    await store.put(KEY, Buffer.from('x'))
    for (const trouble of ['silent', 'stall', 'cut'] as const) {
      bucket.troubles.push(...Array<Trouble>(3).fill(trouble))
      const began = performance.now()
      await assert.rejects(store.get(KEY), /^Error: the file store could not get: /)
      assert.ok(performance.now() - began < 2_000, `${trouble}: ${performance.now() - began} ms`)
      bucket.troubles.length = 0
    }
    bucket.troubles.push('silent', 'silent', 'silent')
    await assert.rejects(store.put(KEY, Buffer.from('y')), /^Error: the file store could not put: /)
    bucket.troubles.length = 0
    const nobody = inBucket({ endpoint: 'http://127.0.0.1:1' })
    await assert.rejects(nobody.get(KEY), { message: 'the file store could not get: ECONNREFUSED' })
  })
  test('that refuses or is not there is a fault, never an absent file, and the fault holds no key', async () => {
    const wrong: [FileStore, RegExp][] = [
      [inBucket({ secretAccessKey: 'another' }), /SignatureDoesNotMatch \(403\)/],
      [inBucket({ bucket: 'other' }), /NoSuchBucket \(404\)/],
    ]
    for (const [store, message] of wrong)
      for (const work of [() => store.put(KEY, Buffer.from('x')), () => store.get(KEY), () => store.remove(KEY)])
        await assert.rejects(work, (error: Error) => {
          assert.match(error.message, message)
          assert.ok(!inspect(error, { depth: 9, showHidden: true }).includes(ACCESS))
          return true
        })
    bucket.troubles.push('elsewhere', 'denied')
    await assert.rejects(inBucket().get(KEY), /could not get: .*\(404\)/)
    await assert.rejects(inBucket().get(KEY), /AccessDenied \(403\)/)
  })
})

describe('the address of a bucket', () => {
  test('names a place', () => {
    assert.deepEqual(readS3Url('s3://stoa/city/files/?endpoint=https://files.example:9000&region=eu-1&path_style=1'), {
      bucket: 'stoa',
      prefix: 'city/files',
      endpoint: 'https://files.example:9000',
      region: 'eu-1',
      pathStyle: true,
    })
    assert.deepEqual(readS3Url('s3://stoa'), { bucket: 'stoa', prefix: '', endpoint: undefined, region: 'us-east-1', pathStyle: false })
  })
  test('that names none is refused', () => {
    const wrong = [
      '',
      'https://files.example',
      's3://',
      's3://key:secret@stoa',
      's3://Stoa',
      's3://stoa/a%20b',
      's3://stoa/a//b',
      's3://stoa#a',
    ]
    const settings = [
      'endpoint=files.example',
      'endpoint=https://a.example/path',
      'endpoint=https://a:b@a.example',
      'path_style=yes',
      'region=',
    ]
    for (const text of [...wrong, ...[...settings, 'key=a', 'region=a&region=b'].map((one) => `s3://stoa?${one}`)])
      assert.equal(typeof readS3Url(text), 'string', text)
  })
})

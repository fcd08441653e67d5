import type { FastifyReply, FastifyRequest } from 'fastify'
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { gunzipSync } from 'node:zlib'
import { Problem } from '../../../kernel/problem.ts'
import { cleanText } from '../../../kernel/text.ts'

/** A map file of the operator, as it was when the program started. */
export type TilesFile = {
  readonly path: string
  readonly bytes: number
  readonly etag: string
  /** The nearest zoom that it has tiles of. */
  readonly maxZoom: number
  /** Whose data it is, as plain text; null when the file does not say. */
  readonly attribution: string | null
}

/** The most bytes of one answer: readers ask for directories and single tiles. */
const MOST_BYTES = 8 * 1024 * 1024

/** A header is so long (PMTiles 3, "Header"); notes longer than a megabyte are not read. */
const HEADER = 127
const MOST_NOTES = 1024 * 1024

/** Looks at a map file; throws an error that says what is wrong when it is not PMTiles version 3. */
export async function openTiles(path: string): Promise<TilesFile> {
  const file = await open(path, 'r').catch((cause: unknown) => {
    throw new Error(`${path} cannot be read`, { cause })
  })
  try {
    const head = Buffer.alloc(HEADER)
    const { bytesRead } = await file.read(head, 0, HEADER, 0)
    if (bytesRead < HEADER || head.toString('latin1', 0, 7) !== 'PMTiles' || head[7] !== 3)
      throw new Error(`${path} is not a PMTiles file of version 3`)
    const notes = Buffer.alloc(Math.min(MOST_NOTES, Number(head.readBigUInt64LE(32))))
    await file.read(notes, 0, notes.length, Number(head.readBigUInt64LE(24)))
    const { size, mtimeMs } = await file.stat()
    const etag = `"${size.toString(36)}-${Math.floor(mtimeMs).toString(36)}"`
    return { path, bytes: size, etag, maxZoom: head.readUInt8(101), attribution: attributionIn(notes, head.readUInt8(97)) }
  } finally {
    await file.close()
  }
}

/** The notes' `attribution` without its markup; null when the notes cannot be read. */
function attributionIn(notes: Buffer, compression: number): string | null {
  try {
    const text = compression === 2 ? gunzipSync(notes, { maxOutputLength: MOST_NOTES }) : notes
    const json: unknown = JSON.parse(text.toString('utf8'))
    if (typeof json !== 'object' || json === null || !('attribution' in json) || typeof json.attribution !== 'string') return null
    const plain = json.attribution
      .replaceAll(/<[^>]*>/g, '')
      .replaceAll('&copy;', '\u00A9')
      .replaceAll('&amp;', '&')
    return cleanText(plain).slice(0, 200) || null
  } catch {
    return null
  }
}

/** Sends one range of the file (RFC 9110, 14.2); whole files and several ranges at once are refused. */
export function sendRange(request: FastifyRequest, reply: FastifyReply, file: TilesFile): FastifyReply {
  void reply.header('accept-ranges', 'bytes').header('etag', file.etag).header('cache-control', 'public, max-age=3600')
  const found = /^bytes=(\d{1,15})-(\d{0,15})$/.exec(request.headers.range ?? '')
  if (!found) throw new Problem('map.range', 416, 'Ask for one range of bytes.')
  const from = Number(found[1])
  const to = Math.min(found[2] === '' ? Infinity : Number(found[2]), file.bytes - 1, from + MOST_BYTES - 1)
  if (from > to) {
    void reply.header('content-range', `bytes */${file.bytes}`)
    throw new Problem('map.range', 416, 'The file ends before these bytes.')
  }
  return reply
    .code(206)
    .header('content-range', `bytes ${from}-${to}/${file.bytes}`)
    .header('content-length', to - from + 1)
    .type('application/vnd.pmtiles')
    .send(createReadStream(file.path, { start: from, end: to }))
}

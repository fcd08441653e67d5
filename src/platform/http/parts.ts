import type { MultipartFile } from '@fastify/multipart'
import type { FastifyRequest } from 'fastify'
import { Problem } from '../../kernel/problem.ts'
import { utf8Text } from './encoding.ts'

/** A multipart body (RFC 7578): its texts in order, and its files with their bytes. */
export type Parts = {
  readonly texts: ReadonlyArray<readonly [field: string, text: string]>
  readonly files: ReadonlyArray<{ readonly field: string; readonly name: string; readonly bytes: Buffer }>
}

/** The most bytes of one body with files: all of it is in memory at once. */
const MOST_BYTES = 60 * 1024 * 1024
/** The most bytes of one text in it: 20,000 characters of four bytes, and some. */
const MOST_TEXT = 128 * 1024

declare module 'fastify' {
  interface FastifyRequest {
    /** What was read of a multipart body, so that a refusal afterwards can give the words back. */
    sentParts?: Parts
  }
}

/** Reads a multipart body. Throws 413 when it goes over a limit, 400 when it breaks off or is not what it says. */
export async function readParts(request: FastifyRequest): Promise<Parts> {
  const { fault, ...parts } = await readSome(request, { files: 20, texts: 200 })
  if (fault) throw fault
  return parts
}

/**
 * The same for a form whose words must not be lost with a file: one that is too large is left out, and a text that is cut,
 * still longer than any that is taken; the rest is given with the fault, which names the field (`field`). Up to 60 files are
 * read, so that a form can say itself that they are too many.
 */
export function readPartsKeeping(request: FastifyRequest): Promise<Parts & { readonly fault: Problem | null }> {
  return readSome(request, { files: 60, texts: 200, toTheEnd: true })
}

/**
 * What is said of a fault on the form that it came with: null of a text, whose own length says it at its field; that a
 * file is too large only at one of the fields for files.
 */
export function faultCode(fault: Problem | null, fileFields: readonly string[]): string | null {
  if (fault === null || isOfText(fault)) return null
  return fileFields.some((field) => field === fault.extra['field']) ? `upload.${fault.code}` : fault.code
}

function isOfText(fault: Problem): boolean {
  return fault.extra['part'] === 'text'
}

/** `toTheEnd`: what is too large (for the server, or for `partBytes`) is cut instead of thrown at, and what comes after it is read. */
type Most = { readonly files: number; readonly texts: number; readonly toTheEnd?: boolean; readonly partBytes?: number }

async function readSome(request: FastifyRequest, most: Most): Promise<Parts & { readonly fault: Problem | null }> {
  const texts: Array<[string, string]> = []
  const files: Array<Parts['files'][number]> = []
  request.sentParts = { texts, files }
  let fault: Problem | null = null
  let [kept, total] = [0, 0]
  try {
    for await (const part of partsOf(request, most)) {
      const bytes = await part.toBuffer()
      total += bytes.length
      if (most.toTheEnd && isText(part) && bytes.length > MOST_TEXT && total <= 3 * MOST_BYTES) {
        fault ??= tooLarge(part.fieldname, 'text')
        texts.push([part.fieldname, textFrom(bytes.subarray(0, wholeTo(bytes, MOST_TEXT)))])
        if (texts.length > most.texts) throw tooLarge()
        continue
      }
      const over = part.file.truncated || kept + bytes.length > MOST_BYTES
      // what is too large is passed over, though not without end
      if (over && (!most.toTheEnd || total > 3 * MOST_BYTES)) throw tooLarge(part.fieldname)
      if (over) {
        if (fault === null || isOfText(fault)) fault = tooLarge(part.fieldname)
        continue
      }
      kept += bytes.length
      if (isText(part)) texts.push([part.fieldname, textFrom(bytes)])
      else files.push({ field: part.fieldname, name: part.filename ?? '', bytes })
      if (files.length > most.files || texts.length > most.texts) throw tooLarge(part.fieldname)
    }
  } catch (error) {
    const found = faultOf(error)
    return { texts, files, fault: fault === null || isOfText(fault) ? found : fault }
  }
  return { texts, files, fault }
}

/** The parts in their order: the server makes none of them a field of the parser's own. */
async function* partsOf(request: FastifyRequest, { files, texts, toTheEnd, partBytes }: Most): AsyncGenerator<MultipartFile> {
  const limits = { files: files + texts + 1, parts: files + texts + 1, ...(partBytes === undefined ? {} : { fileSize: partBytes }) }
  const options = { limits, ...(toTheEnd ? { throwFileSizeLimit: false } : {}) }
  for await (const part of request.parts(options)) if (part.type === 'file') yield part
}

/** Without a name of a file it is a text, unless it says that it is bytes. */
function isText({ filename, mimetype }: MultipartFile): boolean {
  return filename === undefined && mimetype !== 'application/octet-stream'
}

function textFrom(bytes: Buffer): string {
  if (bytes.length > MOST_TEXT) throw tooLarge()
  return utf8Text(bytes)
}

/** The end of the last whole character of a UTF-8 text before a place in it. */
function wholeTo(bytes: Buffer, end: number): number {
  let at = end
  while (at > 0 && ((bytes[at] ?? 0) & 0xc0) === 0x80) at -= 1
  return at
}

const tooLarge = (field?: string, part: 'file' | 'text' = 'file'): Problem =>
  new Problem('too-large', 413, 'What you sent is too large.', field === undefined ? {} : { field, part })

/**
 * The texts of a multipart body that was not read because its request was refused; of files only that they came. Null when
 * the body is too large to be waited for.
 */
export async function readWordsOnly(request: FastifyRequest): Promise<Parts | null> {
  const texts: Array<[string, string]> = []
  const files: Array<Parts['files'][number]> = []
  if (request.raw.readableDidRead || !(Number(request.headers['content-length']) <= MOST_BYTES)) return null
  try {
    // whoever is not signed in has us hold little at once
    for await (const part of partsOf(request, { files: 60, texts: 200, toTheEnd: true, partBytes: MOST_TEXT + 1 })) {
      if (isText(part)) texts.push([part.fieldname, textFrom(await part.toBuffer())])
      else {
        part.file.resume()
        files.push({ field: part.fieldname, name: part.filename ?? '', bytes: Buffer.alloc(0) })
      }
    }
  } catch {
    // what came before the fault is given back
  }
  return { texts, files }
}

/**
 * What is told with what came before it. The plugin's own refusals know their status; the parser beneath it throws bare
 * errors. Text in another encoding is refused as a whole: what came before it cannot be trusted either.
 */
function faultOf(error: unknown): Problem {
  if (error instanceof Problem) {
    if (error.code === 'not-utf8') throw error
    return error
  }
  if (error instanceof Error && 'statusCode' in error) {
    if (error.statusCode !== 413) throw error
    return tooLarge()
  }
  return new Problem('bad-request', 400, 'What you sent cannot be read. Check it and try again.')
}

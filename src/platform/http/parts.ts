import type { FastifyRequest } from 'fastify'
import { Problem } from '../../kernel/problem.ts'

/** A multipart body (RFC 7578): its texts in order, and its files with their bytes. */
export type Parts = {
  readonly texts: ReadonlyArray<readonly [field: string, text: string]>
  readonly files: ReadonlyArray<{ readonly field: string; readonly name: string; readonly bytes: Buffer }>
}

/** The most bytes of one body with files: all of it is in memory at once. */
const MOST_BYTES = 60 * 1024 * 1024

/** Reads a multipart body. Throws 413 when it goes over a limit, 400 when it breaks off or is not what it says. */
export async function readParts(request: FastifyRequest): Promise<Parts> {
  const { fault, ...parts } = await readSome(request)
  if (fault) throw fault
  return parts
}

/**
 * The same for a form whose words must not be lost with a file: what came before the fault is given with it. Up to 60
 * files are read, so that a form can say itself that they are too many.
 */
export function readPartsKeeping(request: FastifyRequest): Promise<Parts & { readonly fault: Problem | null }> {
  return readSome(request, { limits: { files: 60, parts: 260 } })
}

async function readSome(
  request: FastifyRequest,
  options?: Parameters<FastifyRequest['parts']>[0],
): Promise<Parts & { readonly fault: Problem | null }> {
  const texts: Array<[string, string]> = []
  const files: Array<Parts['files'][number]> = []
  let total = 0
  try {
    for await (const part of request.parts(options)) {
      if (part.type === 'file') {
        const bytes = await part.toBuffer()
        total += bytes.length
        if (total > MOST_BYTES) throw new Problem('too-large', 413, 'What you sent is too large.')
        files.push({ field: part.fieldname, name: part.filename ?? '', bytes })
      } else if (typeof part.value === 'string') texts.push([part.fieldname, part.value])
    }
  } catch (error) {
    return { texts, files, fault: faultOf(error) }
  }
  return { texts, files, fault: null }
}

/** The plugin's own refusals know their status; the parser beneath it throws bare errors. */
function faultOf(error: unknown): Problem {
  if (error instanceof Problem) return error
  if (error instanceof Error && 'statusCode' in error) {
    if (error.statusCode !== 413) throw error
    return new Problem('too-large', 413, 'What you sent is too large.')
  }
  return new Problem('bad-request', 400, 'What you sent cannot be read. Check it and try again.')
}

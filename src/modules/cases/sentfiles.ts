import { Problem } from '../../kernel/problem.ts'
import type { Platform } from '../../platform/platform.ts'
import { type CleanFile, cleanUpload } from '../../platform/uploads.ts'
import { describeDocuments, removeFiles } from '../people/index.ts'

/** How many files a resident sends with an answer at most, and how large each may be, in MB. */
export const sentFileLimits = { most: 5, maxMb: 10 } as const

/** A file as it came. */
export type RawFile = { readonly name: string; readonly bytes: Buffer }

/**
 * Files as they are kept: photos made anew without EXIF, PDF as it is. Throws 422 for too many, and for the first that is
 * too large, empty, or of another kind.
 */
export async function cleanFiles(files: readonly RawFile[]): Promise<CleanFile[]> {
  if (files.length > sentFileLimits.most) throw new Problem('cases.too-many-files', 422, `Send at most ${sentFileLimits.most} files.`)
  const clean: CleanFile[] = []
  for (const { name, bytes } of files) {
    if (bytes.length > sentFileLimits.maxMb * 1_000_000) throw new Problem('upload.too-large', 422, 'The file is too large.')
    clean.push(await cleanUpload(name, bytes, ['image', 'pdf']))
  }
  return clean
}

/**
 * Removes stored files that no document names: what a transaction put and did not keep. Whether it was kept is asked, for a
 * connection may break off after the commit and before its answer.
 */
export async function removeUnused(platform: Platform, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return
  const kept = new Set((await describeDocuments(platform, ids)).map((each) => each.id))
  await removeFiles(
    platform,
    ids.filter((id) => !kept.has(id)),
  )
}

/** The documents that the sealed words of an entry came with. */
export function filesOfEntry(fields: Readonly<Record<string, unknown>>): string[] {
  const files = fields['files']
  return Array.isArray(files) ? files.filter((id): id is string => typeof id === 'string') : []
}

/** Whether a refusal is about the files of a form rather than about its words. */
export function isAboutFiles(problem: Problem): boolean {
  return problem.code.startsWith('upload.') || problem.code === 'cases.too-many-files'
}

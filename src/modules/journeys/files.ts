import { Problem } from '../../kernel/problem.ts'
import { cleanUpload } from '../../platform/uploads.ts'
import type { Actor } from '../access/index.ts'
import type { House } from '../cases/index.ts'
import { describeDocuments, putDocument, removeDocument } from '../people/index.ts'
import type { UploadedFile } from '../fields/index.ts'
import type { Question } from '../servicefile/index.ts'
import { type OpenJourney, openJourney, ownerOf, questionsOf, saveOpened } from './service.ts'

/** How many files a `file` question takes, and how large each may be, when its service does not say. */
export const fileDefaults = { maxFiles: 1, maxMb: 10 } as const

/** A file as it came. */
export type RawFile = { readonly name: string; readonly bytes: Buffer }

/** Keeps one file of a journey, encrypted, and returns its id; it belongs to no answer yet. */
export async function uploadFile(house: House, actor: Actor, id: string, file: RawFile, question?: Question): Promise<string> {
  const { personId, recordId } = await ownerOf(house.platform, actor, id)
  const limit = (question?.max_mb ?? fileDefaults.maxMb) * 1_000_000
  if (file.bytes.length > limit) throw new Problem('upload.too-large', 422, 'The file is too large.', { max: limit })
  const clean = await cleanUpload(file.name, file.bytes, question?.accept ?? ['image', 'pdf'])
  return putDocument(house.platform, personId, clean, recordId)
}

/** Adds files to a question's answer; the first that cannot be taken throws, what came before it is kept. */
export async function addFiles(
  house: House,
  actor: Actor,
  id: string,
  question: Question,
  files: readonly RawFile[],
): Promise<OpenJourney> {
  let opened = await openJourney(house, actor, id)
  for (const file of files) {
    const had = idsOf(opened.answers[question.id])
    if (had.length >= (question.max_files ?? fileDefaults.maxFiles)) {
      throw new Problem('upload.too-many', 422, 'No more files can be added.', { max: question.max_files ?? fileDefaults.maxFiles })
    }
    const added = await uploadFile(house, actor, id, file, question)
    opened = await saveOpened(house, actor, opened, { [question.id]: [...had, added] })
  }
  return opened
}

/** Takes a file out of an answer, and removes it. */
export async function removeFile(house: House, actor: Actor, id: string, fileId: string): Promise<void> {
  const opened = await openJourney(house, actor, id)
  for (const question of questionsOf(opened.service.definition)) {
    const had = idsOf(opened.answers[question.id])
    if (question.kind !== 'file' || !had.includes(fileId)) continue
    const left = had.filter((each) => each !== fileId)
    await saveOpened(house, actor, opened, { [question.id]: left.length > 0 ? left : null })
    await removeDocument(house.platform, fileId)
  }
}

/** The files of an opened journey, as pages show them. */
export async function filesOf(house: House, opened: OpenJourney): Promise<UploadedFile[]> {
  const ids = questionsOf(opened.service.definition)
    .filter((question) => question.kind === 'file')
    .flatMap((question) => idsOf(opened.answers[question.id]))
  const known = await describeDocuments(house.platform, ids)
  return known.map((file) => ({ id: file.id, name: file.name, size: file.bytes }))
}

function idsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((id): id is string => typeof id === 'string' && /^[0-9a-f-]{36}$/.test(id)) : []
}

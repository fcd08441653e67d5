import { Problem } from '../../kernel/problem.ts'
import { type CleanFile, cleanUpload } from '../../platform/uploads.ts'
import type { Actor } from '../access/index.ts'
import type { House } from '../cases/index.ts'
import { countDocuments, describeDocuments, putDocument, removeDocument, sameDocument } from '../people/index.ts'
import type { UploadedFile } from '../fields/index.ts'
import { fileLimits, type Question } from '../servicefile/index.ts'
import { fileIds } from './intake.ts'
import { getJourney, type OpenJourney, openJourney, ownerOf, questionsOf, saveMerged } from './service.ts'

/** How many files may be sent for one journey. */
const MOST_FILES = 100

/** A file as it came. */
export type RawFile = { readonly name: string; readonly bytes: Buffer }

/**
 * Keeps one file of a journey, encrypted, and returns its id; it belongs to no answer yet. It may be what any question
 * of the service takes, and is looked at again when an answer names it. Throws 422 for a file that none takes.
 */
export async function uploadFile(house: House, actor: Actor, id: string, file: RawFile): Promise<string> {
  const journey = await getJourney(house.platform, actor, id)
  const { definition } = await house.catalogue.version(house.platform, journey.service_id, journey.version)
  const taking = questionsOf(definition).filter((question) => question.kind === 'file')
  return keepFile(house, actor, id, await looked(file, taking))
}

/** Adds files to a question's answer; the first that cannot be taken throws, what came before it is kept. A file that is there already stands once. */
export async function addFiles(
  house: House,
  actor: Actor,
  id: string,
  question: Question,
  files: readonly RawFile[],
): Promise<OpenJourney> {
  let opened = await openJourney(house, actor, id)
  const most = question.max_files ?? fileLimits.maxFiles
  for (const file of files) {
    const clean = await looked(file, [question])
    const isNew = async (had: readonly string[]): Promise<boolean> => {
      if (await sameDocument(house.platform, had, clean)) return false
      if (had.length >= most) throw new Problem('upload.too-many', 422, 'No more files can be added.', { max: most })
      return true
    }
    if (!(await isNew(fileIds(opened.answers[question.id])))) continue
    const kept = await keepFile(house, actor, id, clean)
    let used = false
    try {
      // looked at again as it is kept: the same may be sent twice at once
      opened = await saveMerged(house, actor, opened, question.id, async (value) => {
        const had = fileIds(value)
        used = await isNew(had)
        return used ? [...had, kept] : had
      })
    } catch (error) {
      used = false
      throw error
    } finally {
      if (!used) await removeDocument(house.platform, kept)
    }
  }
  return opened
}

/** A file as one of these questions takes it. */
function looked(file: RawFile, taking: readonly Question[]): Promise<CleanFile> {
  const limit = Math.max(0, ...taking.map((question) => question.max_mb ?? fileLimits.maxMb)) * 1_000_000
  if (file.bytes.length > limit) throw new Problem('upload.too-large', 422, 'The file is too large.', { max: limit })
  const accept = new Set(taking.flatMap((question) => question.accept ?? fileLimits.accept))
  return cleanUpload(file.name, file.bytes, [...accept])
}

async function keepFile(house: House, actor: Actor, id: string, clean: CleanFile): Promise<string> {
  const { personId, recordId } = await ownerOf(house.platform, actor, id)
  if ((await countDocuments(house.platform, recordId)) >= MOST_FILES)
    throw new Problem('upload.too-many', 422, 'No more files can be added.', { max: MOST_FILES })
  return putDocument(house.platform, personId, clean, recordId)
}

/** Takes a file out of an answer, and removes it. */
export async function removeFile(house: House, actor: Actor, id: string, fileId: string): Promise<void> {
  const opened = await openJourney(house, actor, id)
  for (const question of questionsOf(opened.service.definition)) {
    if (question.kind !== 'file' || !fileIds(opened.answers[question.id]).includes(fileId)) continue
    await saveMerged(house, actor, opened, question.id, (value) => fileIds(value).filter((each) => each !== fileId))
    await removeDocument(house.platform, fileId)
  }
}

/** The files of an opened journey, as pages show them. */
export async function filesOf(house: House, opened: OpenJourney): Promise<UploadedFile[]> {
  const ids = questionsOf(opened.service.definition)
    .filter((question) => question.kind === 'file')
    .flatMap((question) => fileIds(opened.answers[question.id]))
  const known = await describeDocuments(house.platform, ids)
  return known.map((file) => ({ id: file.id, name: file.name, size: file.bytes }))
}

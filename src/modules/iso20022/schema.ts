import { Worker } from 'node:worker_threads'
import type { Fault } from './fault.ts'

/** An official schema, ready to hold messages against. */
export type Schema = {
  /** The faults of a message against the schema; none when it is valid. A message with a document type is never valid. */
  validate(bytes: Uint8Array): Promise<Fault[]>
  /** Gives the memory of the schema back. */
  dispose(): void
}

/**
 * From this size on a document is validated in a thread of its own: the whole of it is built in memory (about eight times its
 * size, which only the end of the thread gives back) and takes a second for 25 MB, in which nobody else should wait.
 */
const OWN_THREAD = 512 << 10

/** Opens an .xsd for validation by libxml2; rejects when the bytes are no schema. */
export async function openSchema(xsd: Uint8Array): Promise<Schema> {
  const { compile, faultsOf } = await import('./validate.ts')
  const validator = compile(xsd)
  return {
    validate: async (bytes) => (bytes.length < OWN_THREAD ? faultsOf(validator, bytes) : inThread(xsd, bytes)),
    dispose: () => validator.dispose(),
  }
}

function inThread(xsd: Uint8Array, bytes: Uint8Array): Promise<Fault[]> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./validating.ts', import.meta.url), { workerData: { xsd, bytes } })
    worker.once('message', resolve)
    worker.once('error', reject)
    worker.once('exit', (code) => reject(new Error(`the validation ended with ${code}`)))
  })
}

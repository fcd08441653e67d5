import { Worker } from 'node:worker_threads'
import type { Sheet } from './sheet.ts'

/** Sets many sheets as one PDF in a thread of its own, so that pages are served meanwhile. Rejects when they cannot be set. */
export function setInThread(sheets: readonly Sheet[]): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./setting.ts', import.meta.url), { workerData: sheets })
    worker.once('message', resolve)
    worker.once('error', reject)
    worker.once('exit', (code) => reject(new Error(`The setting of letters ended with ${code}.`)))
  })
}

import { parentPort, workerData } from 'node:worker_threads'
import { createSheetRenderer, type Sheet } from './sheet.ts'

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- this is a thread, which has no origin
parentPort?.postMessage(createSheetRenderer().renderAll(workerData as readonly Sheet[]))

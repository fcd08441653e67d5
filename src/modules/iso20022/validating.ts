import { parentPort, workerData } from 'node:worker_threads'
import { compile, faultsOf } from './validate.ts'

const { xsd, bytes } = workerData as { xsd: Uint8Array; bytes: Uint8Array }
const validator = compile(xsd)
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- this is a thread, which has no origin
parentPort?.postMessage(faultsOf(validator, bytes))
validator.dispose()

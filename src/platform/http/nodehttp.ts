import { getBuiltinModule } from 'node:process'

/**
 * `node:http` without what its import brings along: an import reads every export, one of them is WebSocket, and for its sake Node
 * loads its whole fetch client: a fiftieth of a start and 14 MB in each process.
 */
export const { createServer, request } = getBuiltinModule('node:http')

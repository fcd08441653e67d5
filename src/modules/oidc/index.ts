export { addClient, disableClient, findClient } from './apps.ts'
export { isLoopback, type NewClient, readClient, type TypedClient } from './client.ts'

import type { App } from '../app.ts'
import { ConfigError } from '../config.ts'

/** Opens the pages at the address of the settings. Throws ConfigError that says what to do when the port cannot be had. */
export async function listen({ server, config, catalogue }: Pick<App, 'server' | 'config' | 'catalogue'>): Promise<void> {
  await server.listen({ host: config.host, port: config.port }).catch((error: unknown) => {
    throw portFault(error, config.port)
  })
  await catalogue.warm()
}

function portFault(error: unknown, port: number): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : null
  if (code === 'EADDRINUSE') return new ConfigError(`Port ${port} is taken by another program. Stop it, or set PORT to another one.`)
  if (code === 'EACCES') return new ConfigError(`Port ${port} may not be used by this user. Set PORT to one above 1023.`)
  return error
}

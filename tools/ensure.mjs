// Makes sure that the packages of the lockfile are installed, with Node's own parts only: this runs before anything is.
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const stamp = join(root, 'node_modules', '.stoa-installed')
const [major] = process.versions.node.split('.').map(Number)

if (major < 18) {
  console.error(`Stoa needs Node 18 or newer to install itself. This is ${process.version}.`)
  process.exit(1)
}

const wanted = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .digest('hex')
const installed = existsSync(stamp) ? readFileSync(stamp, 'utf8').trim() : ''

if (installed !== wanted) {
  console.log('Stoa: installing packages (once, about a minute) ...')
  const npm = process.env.npm_execpath
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error']
  const run = npm
    ? spawnSync(process.execPath, [npm, ...args], { cwd: root, stdio: 'inherit' })
    : spawnSync('npm', args, { cwd: root, stdio: 'inherit', shell: process.platform === 'win32' })
  if (run.status !== 0) {
    console.error('Stoa: the packages could not be installed. The lines above say why; then run the command again.')
    process.exit(run.status ?? 1)
  }
  writeFileSync(stamp, `${wanted}\n`)
}

const pinned = existsSync(join(root, 'node_modules', '.bin', process.platform === 'win32' ? 'node.cmd' : 'node'))
if (!pinned && major < 24) {
  console.error(
    `Stoa runs on Node 24 or newer. No Node is shipped for ${process.platform}-${process.arch}, and this is ${process.version}.`,
  )
  process.exit(1)
}

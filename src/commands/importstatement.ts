import { createReadStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { stderr, stdout } from 'node:process'
import { readConfig } from '../config.ts'
import { Problem } from '../kernel/problem.ts'
import { systemActor } from '../modules/access/index.ts'
import { importFile, type Source } from '../modules/payments/index.ts'
import { type Command, positional } from './command.ts'
import { withApp } from './withapp.ts'

/** `import statement FILE`: a bank statement (camt.053), read as a stream; the same file again goes on where it stopped. */
export const importStatementCommand: Command = async ({ args, env, root }) => {
  const [, file] = positional(args)
  if (file === undefined) {
    stderr.write('Usage: ./stoa import statement FILE.xml\n')
    return 2
  }
  if (!(await stat(resolve(file)).catch(() => null))?.isFile()) {
    stderr.write(`${file} cannot be read.\n`)
    return 1
  }
  return withApp(
    readConfig(env, root),
    async ({ treasury }) => {
      if (treasury) return run(treasury, fileSource(resolve(file)))
      stderr.write('This city takes no money: it has no money.yaml.\n')
      return 1
    },
    { quiet: true },
  )
}

async function run(treasury: Parameters<typeof importFile>[0], source: Source): Promise<number> {
  const show = (done: number, of: number): void =>
    void (stderr.isTTY && stderr.write(`\r${done.toLocaleString('en')} of ${of.toLocaleString('en')} entries  `))
  try {
    const imported = await importFile(treasury, systemActor('payments', 'command'), source, show)
    if (stderr.isTTY) stderr.write('\n')
    for (const { entries, again } of imported)
      stdout.write(
        again
          ? 'This statement was imported before; nothing was booked.\n'
          : `${entries === 1 ? '1 entry is' : `${entries.toLocaleString('en')} entries are`} booked.\n`,
      )
    return 0
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    stderr.write(`${error.detail}${Object.keys(error.extra).length > 0 ? ` ${JSON.stringify(error.extra)}` : ''}\n`)
    return 1
  }
}

function fileSource(path: string): Source {
  return { chunks: () => createReadStream(path), bytes: () => readFile(path) }
}

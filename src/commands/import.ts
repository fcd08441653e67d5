import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { stderr, stdout } from 'node:process'
import { readConfig } from '../config.ts'
import { cityRules } from '../modules/catalogue/index.ts'
import { checkService, importForm, renderService } from '../modules/servicefile/index.ts'
import { loadCity } from '../platform/city.ts'
import { type Command, option, positional } from './command.ts'

/** `import reports`, `import statement`, `import bills`, `import parcels`, or `import form FILE --from defra|gc-forms --out services/`: a draft service from a form definition, and what it could not carry over. */
export const importCommand: Command = async ({ args, env, root }) => {
  const [what, file] = positional(args)
  const from = option(args, 'from')
  if (what === 'reports') return (await import('./importreports.ts')).importReportsCommand({ args, env, root })
  if (what === 'statement') return (await import('./importstatement.ts')).importStatementCommand({ args, env, root })
  if (what === 'bills') return (await import('./importbills.ts')).importBillsCommand({ args, env, root })
  if (what === 'parcels') return (await import('./importparcels.ts')).importParcelsCommand({ args, env, root })
  if (what !== 'form' || file === undefined || (from !== 'defra' && from !== 'gc-forms')) {
    stderr.write('Usage: ./stoa import form FILE --from defra|gc-forms [--out services/] [--agency ID] [--id ID]\n')
    stderr.write('       ./stoa import reports FILE.csv[.gz] --map MAP.yaml [--rejects FILE]\n')
    stderr.write('       ./stoa import statement FILE.xml\n')
    stderr.write('       ./stoa import bills FILE.csv[.gz] --map MAP.yaml --client NAME [--rejects FILE] [--dry-run yes]\n')
    stderr.write('       ./stoa import parcels FILE.csv[.gz] --map MAP.yaml [--rejects FILE]\n')
    return 2
  }
  const config = readConfig(env, root)
  const city = await loadCity(config.cityDir)
  const text = await readFile(resolve(file), 'utf8').catch(() => null)
  if (text === null) {
    stderr.write(`${file} cannot be read.\n`)
    return 1
  }
  const agency = option(args, 'agency') ?? city.agencies[0]?.id ?? 'agency'
  const imported = importForm(text, { from, file, agency, id: option(args, 'id') ?? undefined })
  if ('error' in imported) {
    stderr.write(`${imported.error}\n`)
    return 1
  }
  for (const note of imported.notes) stdout.write(`${file} ${note.path}: ${note.code}: ${note.message}\n`)
  const rendered = renderService(imported.definition)
  const folder = join(resolve(option(args, 'out') ?? config.servicesDir), imported.definition.id)
  const target = join(folder, 'service.yaml')
  if (await stat(target).catch(() => null)) {
    stderr.write(`${target} is there already. Give another --id, or remove it first.\n`)
    return 1
  }
  const findings = checkService(rendered, target, cityRules(city))
  const errors = findings.filter((finding) => finding.severity === 'error')
  for (const finding of findings)
    stdout.write(`${finding.file}:${finding.line}:${finding.column} ${finding.severity} ${finding.code}: ${finding.message}\n`)
  if (errors.length > 0) {
    stderr.write('The draft would not pass the check; nothing was written.\n')
    return 1
  }
  await mkdir(folder, { recursive: true })
  await writeFile(target, rendered)
  stdout.write(`${target} written: a draft. ${imported.notes.length} things to look at, ${findings.length} warnings.\n`)
  stdout.write('Start Stoa again to try it: drafts are offered in the demo.\n')
  return 0
}

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'
import { promisify } from 'node:util'
import { readOptions } from './command.ts'

const root = join(import.meta.dirname, '../..')

it('options are read as two arguments and as one, and what a verb does not know is an error that says what it knows', () => {
  assert.deepEqual(readOptions('import', ['form', 'a.json', '--out=b=c', '--from', 'defra']), {
    args: ['form', 'a.json', '--out', 'b=c', '--from', 'defra'],
  })
  assert.deepEqual(readOptions('audit', ['--json', '--origin=https://city.example']), {
    args: ['--json', '--origin', 'https://city.example'],
  })
  const faultOf = (verb: string, ...args: string[]): string => {
    const read = readOptions(verb, args)
    return 'fault' in read ? read.fault : ''
  }
  assert.equal(faultOf('import', 'form', 'a.json', '--outt', 'b'), '"import form" has no option --outt. These are known: --from VALUE, --out VALUE, --agency VALUE, --id VALUE.') // prettier-ignore
  assert.equal(faultOf('import', 'bills', 'a.csv', '--dry-run'), '--dry-run needs a value.')
  assert.equal(faultOf('import', 'form', '--id=', '--out', 'b'), '--id needs a value.')
  assert.equal(faultOf('import', 'form', '--id', '--out', 'b'), '--id needs a value.')
  assert.equal(faultOf('conform', 'open311', 'https://city.example', '--json=yes'), '--json takes no value.')
  assert.equal(faultOf('start', '--demo'), '"start" has no option --demo. It takes no options.')
})

it('an import obeys --out=FOLDER and --id=ID', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'stoa-options-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const form = { titleEn: 'A form', layout: [1], elements: [{ id: 1, type: 'textField', properties: { titleEn: 'Name?' } }] }
  await writeFile(join(folder, 'form.json'), JSON.stringify(form))
  const program = [join(root, 'src/main.ts'), 'import', 'form', join(folder, 'form.json'), '--from=gc-forms']
  const run = promisify(execFile)
  await run(process.execPath, [...program, `--out=${folder}/made`, '--id=my_form'], { cwd: folder })
  assert.deepEqual(await readdir(join(folder, 'made', 'my_form')), ['service.yaml'])
  await assert.rejects(run(process.execPath, [...program, '--folder=x'], { cwd: folder }), /has no option --folder.*--out VALUE/)
})

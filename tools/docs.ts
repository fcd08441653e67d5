// Writes docs/reference/ from the program itself: settings, events, permissions, the JSON door.
import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { allEvents } from '../src/app.ts'
import { variables } from '../src/config.ts'
import { policies } from '../src/modules/access/policy.ts'
import { openApi } from '../src/modules/journeys/openapi.ts'

const folder = fileURLToPath(new URL('../docs/reference/', import.meta.url))
mkdirSync(folder, { recursive: true })

const made = '<!-- Made by `npm run docs`; change the program instead. -->'

const settings = Object.entries(variables).map(([name, about]) => `| \`${name}\` | ${about} |`)
write('settings.md', ['# Settings', '', made, '', '| variable | what it is |', '|---|---|', ...settings])

const events = [...allEvents().values()].map(({ type, data }) => {
  const fields = Object.entries(z.toJSONSchema(data).properties ?? {}).map(([name]) => `\`${name}\``)
  return `| \`${type}\` | ${fields.join(', ') || '–'} |`
})
write('events.md', [
  '# Events of the journal',
  '',
  made,
  '',
  'Ids, codes, numbers and days only; never what a person wrote.',
  '',
  '| type | data |',
  '|---|---|',
  ...events,
])

const grounds = Object.entries(policies).map(([action, list]) => {
  const words = list.map((ground) => {
    if (ground.kind === 'role') return `${ground.roles.join(' or ')} (${ground.in})`
    if (ground.kind === 'system') return `the system (${ground.parts.join(', ')})`
    return ground.kind === 'own' ? 'whose it is' : ground.kind === 'holder' ? 'who holds its token' : 'anyone'
  })
  return `| \`${action}\` | ${words.join('; ')} |`
})
write('permissions.md', [
  '# Permissions',
  '',
  made,
  '',
  'What is not here is refused.',
  '',
  '| action | allowed to |',
  '|---|---|',
  ...grounds,
])

writeFileSync(`${folder}openapi.json`, `${JSON.stringify(openApi('http://localhost:8080'), null, 2)}\n`)

function write(name: string, lines: readonly string[]): void {
  writeFileSync(folder + name, `${lines.join('\n')}\n`)
}

// Writes docs/reference/ from the program itself: settings, events, permissions, the JSON door.
import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { allEvents } from '../src/declared.ts'
import { variables } from '../src/config.ts'
import { engine } from '../src/modules/access/engine.ts'
import { actions } from '../src/modules/access/policy.ts'
import { ruleTable } from '../src/modules/open311/index.ts'
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

const all = [...engine.policies.values()]
const about = (action: string, effect: string): string =>
  all
    .filter((policy) => policy.effect === effect && policy.actions.includes(action))
    .map((policy) => `\`${policy.id}\``)
    .join(', ') || '–'
write('permissions.md', [
  '# Permissions',
  '',
  made,
  '',
  'What no policy permits is refused, and what one forbids is refused whatever another permits. See [policies](../policies.md).',
  '',
  '| action | permitted by | forbidden by |',
  '|---|---|---|',
  ...actions.map((action) => `| \`${action}\` | ${about(action, 'permit')} | ${about(action, 'forbid')} |`),
  '',
  '## Policies',
  '',
  '| policy | file | what it says |',
  '|---|---|---|',
  ...all.map((policy) => `| \`${policy.id}\` (${policy.effect}) | \`policies/${policy.file}\` | ${policy.reason} |`),
])

write('open311-rules.md', [
  '# Rules of the Open311 conformance check',
  '',
  made,
  '',
  'What [`./stoa conform open311`](../open311-conformance.md) checks, by section of GeoReport v2. `must`: the specification demands it;',
  '`should`: it recommends it, or clients break without it; `may`: it is only told whether it is offered.',
  '',
  ...ruleTable().slice(0, -1),
])

writeFileSync(`${folder}openapi.json`, `${JSON.stringify(openApi('http://localhost:8080'), null, 2)}\n`)

function write(name: string, lines: readonly string[]): void {
  writeFileSync(folder + name, `${lines.join('\n')}\n`)
}

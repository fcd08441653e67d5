import type { FastifyReply, FastifyRequest } from 'fastify'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Problem } from '../../../kernel/problem.ts'
import { sha256 } from '../../../platform/crypto.ts'
import { readParts } from '../../../platform/http/parts.ts'
import type { RouteModule } from '../../../platform/http/routes.ts'
import { type Actor, allow, may } from '../../access/index.ts'
import { officerOf, type OfficeParts, refusedBy, type Refused, sendPage, staff } from '../office.ts'
import type { Treasury } from '../treasury.ts'
import { importBills } from './intake/import.ts'
import * as store from './store.ts'
import type { Client } from './store.ts'
import { importPage, type Outcome, type TypedImport } from './views/import.ts'

const PATH = '/officer/money/imports'
const upload = { config: { ...staff.config, upload: true } } as const
/** Rows that a page takes in; the command takes in any number. */
const MOST_ROWS = 20_000

const facts = ({ rules }: Treasury, agency: string) => ({ agency, consulted: [rules.treasury] })

/** Where officers check a file of bills and take it in, for the programs of their agency. */
export function importRoutes(parts: OfficeParts): RouteModule {
  const { treasury, pages } = parts
  const show = async (
    request: FastifyRequest,
    reply: FastifyReply,
    typed: TypedImport,
    outcome: Outcome | null,
    refused: Refused | null,
  ) => {
    const view = pages.view(request)
    const own = await ownClients(treasury, officerOf(parts, request))
    const main = importPage(view, own, typed, outcome, refused)
    return sendPage(parts, request, reply, { title: view.t('payments.imports.title'), main, refused })
  }
  return (app) => {
    app.get(PATH, staff, (request, reply) => show(request, reply, { client: '', map: '', checked: '' }, null, null))
    app.post(PATH, upload, async (request, reply) => {
      if (!request.isMultipart()) throw new Problem('media-type', 415, 'Send the form with its file.')
      const { texts, files } = await readParts(request)
      const text = (name: string): string => texts.find(([field]) => field === name)?.[1] ?? ''
      const typed = { client: text('client').slice(0, 40), map: text('map').slice(0, 20_000), checked: text('checked').slice(0, 100) }
      const bytes = files.find((file) => file.field === 'file')?.bytes ?? Buffer.alloc(0)
      const dryRun = text('act') !== 'import'
      try {
        await allowed(treasury, officerOf(parts, request), typed.client)
        if (bytes.length === 0) throw new Problem('payments.import-file', 422, 'Choose the file.')
        const mark = markOf(treasury, typed, bytes)
        // what is taken in is what was checked
        if (!dryRun && mark !== typed.checked)
          throw new Problem('payments.import-unchecked', 422, 'Check this file first, then take the same file in.')
        const imported = await asFile(bytes, (file) =>
          importBills(treasury, {
            file,
            map: { path: 'map', text: typed.map },
            client: typed.client,
            rejects: null,
            dryRun,
            most: MOST_ROWS,
          }),
        )
        return await show(request, reply, { ...typed, checked: dryRun ? mark : '' }, { imported, dryRun }, null)
      } catch (error) {
        return show(request, reply, { ...typed, checked: '' }, null, refusalOf(parts, request, error))
      }
    })
  }
}

/** Whether an officer may send bills for a program, whose code is given; throws 422 for none. */
async function allowed(treasury: Treasury, actor: Actor, code: string): Promise<void> {
  const client = await store.clientByCode(treasury.platform.db, code)
  if (client?.state !== 'active') throw new Problem('payments.import-client', 422, 'Choose whose file it is.')
  allow(actor, 'money.work', facts(treasury, client.agency))
}

async function ownClients(treasury: Treasury, actor: Actor): Promise<Client[]> {
  const all = await store.allClients(treasury.platform.db)
  const own = all.filter((client) => client.state === 'active' && may(actor, 'money.work', facts(treasury, client.agency)))
  // an officer of an agency without programs may look, whoever works on no bills may not
  const agencies = treasury.platform.city.agencies
  if (!agencies.some((agency) => may(actor, 'money.work', facts(treasury, agency.id))))
    allow(actor, 'money.work', facts(treasury, treasury.rules.treasury))
  return own
}

function markOf({ platform }: Treasury, { client, map }: TypedImport, bytes: Buffer): string {
  return platform.keys
    .token(`bill-import:${client}:${sha256(map)}:${sha256(bytes)}`)
    .toString('hex')
    .slice(0, 40)
}

/** Faults of the file and its map are told in words; they name columns, never what is in them. */
function refusalOf(parts: OfficeParts, request: FastifyRequest, error: unknown): Refused {
  if (error instanceof Problem)
    return refusedBy(parts, parts.pages.view(request), error, error.code === 'payments.import-client' ? 'client' : 'file')
  if (!(error instanceof Error)) throw error
  // what is no CSV, or no gzip; anything else with a code is a fault of ours
  if ('code' in error && /^(CSV_|Z_)/.test(String(error.code)))
    return { text: parts.pages.view(request).t('payments.imports.not_csv'), field: 'file', status: 422 }
  if ('code' in error) throw error
  const first = error.message.split('\n').slice(0, 6).join(' ')
  return { text: first.slice(0, 600), field: 'map', status: 422 }
}

async function asFile<T>(bytes: Buffer, work: (path: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'stoa-bills-'))
  try {
    const path = join(folder, 'bills.csv')
    await writeFile(path, bytes, { mode: 0o600 })
    return await work(path)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

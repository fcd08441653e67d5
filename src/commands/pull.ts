import { readFile } from 'node:fs/promises'
import { stderr, stdout } from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import type { App } from '../app.ts'
import { readConfig } from '../config.ts'
import { type MirrorOrder, pullFile, pullRequests, serverAddress } from '../modules/reports/index.ts'
import { type Command, option, positional } from './command.ts'
import { withApp } from './withapp.ts'

const usage = `Usage: ./stoa pull open311 URL|file:///PATH --name NAME [--jurisdiction ID] [--key KEY] [--since YYYY-MM-DD] [--language en]
                             [--agency ID] [--group ID] [--zone Z] [--pause 1000] [--most 500]
`

/**
 * `pull open311 URL --name NAME`: mirrors another server's requests as reports of source `pull:NAME`, from where the last run
 * stopped; or the requests of a file. 1 when the server could not be asked, or the limit of requests was reached first.
 */
export const pullCommand: Command = async ({ args, env, root }) => {
  const [what, address] = positional(args)
  const name = option(args, 'name')
  const since = option(args, 'since')
  const from = since === null ? null : new Date(`${since}T00:00:00Z`)
  if (what !== 'open311' || address === undefined || !/^[a-z][a-z0-9-]{0,29}$/.test(name ?? '') || Number.isNaN(from?.getTime())) {
    stderr.write(usage)
    return 2
  }
  const url = serverAddress(address)
  return withApp(readConfig(env, root), (app) => pull(app, orderOf(app, args, name ?? ''), { url, args, since: from }), { quiet: true })
}

function orderOf({ board }: App, args: readonly string[], name: string): MirrorOrder {
  const agency = option(args, 'agency') ?? board.platform.city.agencies[0]?.id ?? ''
  const group = option(args, 'group') ?? board.categories.groups.at(-1)?.id ?? ''
  if (!board.platform.city.agencies.some((each) => each.id === agency)) throw new Error(`The city has no agency ${agency}.`)
  if (!board.categories.groups.some((each) => each.id === group)) throw new Error(`The city has no group ${group} in reports.yaml.`)
  return { source: `pull:${name}`, name, language: option(args, 'language') ?? 'en', agency, group }
}

type Wanted = { readonly url: URL; readonly args: readonly string[]; readonly since: Date | null }

async function pull({ board }: App, order: MirrorOrder, { url, args, since }: Wanted): Promise<number> {
  const zone = option(args, 'zone') ?? 'Z'
  if (url.protocol === 'file:') {
    say(await pullFile(board, order, await readFile(url, 'utf8'), zone))
    return 0
  }
  const number = (name: string, otherwise: number): number => {
    const value = Number(option(args, name) ?? otherwise)
    return Number.isFinite(value) && value >= 0 ? value : otherwise
  }
  const { complete, requests, tally } = await pullRequests(board, {
    ...order,
    url,
    since,
    zone,
    jurisdiction: option(args, 'jurisdiction'),
    key: option(args, 'key'),
    pause: number('pause', 1_000),
    most: number('most', 500),
    wait: (milliseconds) => sleep(milliseconds),
    onPage: (until, done) => void (stderr.isTTY && stderr.write(`\r\u001B[K${until.toISOString().slice(0, 10)}  ${done.added} added`)),
  })
  if (stderr.isTTY) stderr.write('\r\u001B[K')
  say(tally)
  stdout.write(complete ? `It is up to date; ${requests} requests asked.\n` : `${requests} requests asked: run it again to go on.\n`)
  return complete ? 0 : 1
}

function say(tally: Awaited<ReturnType<typeof pullFile>>): void {
  const line = (text: string): void => void stdout.write(`${text}\n`)
  line(`${tally.added} reports added, ${tally.changed} changed, ${tally.same} as they were.`)
  if (tally.categories > 0) line(`${tally.categories} new categories.`)
  for (const [reason, count] of Object.entries(tally.rejected)) line(`${count} left out: ${reason.replace('_', ' ')}.`)
}

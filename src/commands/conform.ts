import { stderr, stdout } from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { checkConformance, conformanceText, type Format } from '../modules/open311/index.ts'
import { systemClock } from '../platform/platform.ts'
import { type Command, option } from './command.ts'

const usage = `Usage: ./stoa conform open311 URL [--key KEY] [--write] [--at LAT,LONG] [--jurisdiction ID] [--format xml|json|both]
                                  [--discovery URL] [--json] [--most 600] [--pause 100] [--patience 20]
`
const flags = ['--write', '--json']

/**
 * `conform open311 URL`: checks any GeoReport v2 server rule by rule; 0 when no rule that must hold has failed, 1 when one
 * has, 2 when it was called wrongly. It only reads, unless `--write` allows it to make requests there.
 */
export const conformCommand: Command = async ({ args }) => {
  const [what, url, ...others] = args.filter((arg, i) => !arg.startsWith('--') && !takesValue(args[i - 1]))
  const formats = formatsOf(option(args, 'format') ?? 'both')
  const place = placeOf(option(args, 'at'))
  const numbers = ['most', 'pause', 'patience'].map((name) => Number(option(args, name) ?? Number.NaN))
  const [most, pause, patience] = numbers.map((value) => (Number.isFinite(value) && value >= 0 ? value : undefined))
  if (what !== 'open311' || url === undefined || !/^https?:\/\//.test(url) || others.length > 0 || formats === null || place === 'wrong') {
    stderr.write(usage)
    return 2
  }
  const json = args.includes('--json')
  const result = await checkConformance({
    url,
    now: systemClock,
    wait: (milliseconds) => sleep(milliseconds),
    key: option(args, 'key'),
    jurisdiction: option(args, 'jurisdiction'),
    discovery: option(args, 'discovery'),
    write: args.includes('--write'),
    formats,
    place,
    most,
    pause,
    patience: patience === undefined ? undefined : patience * 1_000,
    onRule: ({ rule }) => void (stderr.isTTY && stderr.write(`\r\u001B[K${rule}`)),
  })
  if (stderr.isTTY) stderr.write('\r\u001B[K')
  stdout.write(json ? `${JSON.stringify(result, null, 2)}\n` : conformanceText(result))
  return result.conforms ? 0 : 1
}

function takesValue(before: string | undefined): boolean {
  return before !== undefined && before.startsWith('--') && !flags.includes(before)
}

function formatsOf(said: string): readonly Format[] | null {
  if (said === 'both') return ['xml', 'json']
  return said === 'xml' || said === 'json' ? [said] : null
}

function placeOf(said: string | null): { lat: number; long: number } | null | 'wrong' {
  if (said === null) return null
  const [lat = Number.NaN, long = Number.NaN] = said.split(',').map(Number)
  return Math.abs(lat) <= 90 && Math.abs(long) <= 180 ? { lat, long } : 'wrong'
}

import { lookup as resolve, type LookupAddress } from 'node:dns'
import { request as tlsRequest } from 'node:https'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import { request as plainRequest } from '../../../../platform/http/nodehttp.ts'

/** Addresses that are not on the open internet (IANA special-purpose registries, RFC 6890), or lead to others. */
const inner = new BlockList()
for (const [net, bits] of [
  ['0.0.0.0', 8], ['10.0.0.0', 8], ['100.64.0.0', 10], ['127.0.0.0', 8], ['169.254.0.0', 16], ['172.16.0.0', 12], ['192.0.0.0', 24],
  ['192.0.2.0', 24], ['192.88.99.0', 24], ['192.168.0.0', 16], ['198.18.0.0', 15], ['198.51.100.0', 24], ['203.0.113.0', 24],
  ['224.0.0.0', 4], ['240.0.0.0', 4],
] as const) inner.addSubnet(net, bits, 'ipv4') // prettier-ignore
const open6 = new BlockList()
open6.addSubnet('2000::', 3, 'ipv6')
for (const [net, bits] of [['2001::', 23], ['2001:db8::', 32], ['2002::', 16], ['3fff::', 20]] as const) inner.addSubnet(net, bits, 'ipv6') // prettier-ignore

/** Whether an address is on the open internet; `loopback` lets this machine through too, for a demo. */
export function isOutside(address: string, loopback: boolean): boolean {
  const kind = isIP(address)
  if (loopback && (address === '::1' || (kind === 4 && address.startsWith('127.')))) return true
  if (kind === 4) return !inner.check(address, 'ipv4')
  // IPv4 in IPv6 clothes (::ffff:, 64:ff9b::) is not global unicast
  return kind === 6 && open6.check(address, 'ipv6') && !inner.check(address, 'ipv6')
}

/** Why an address of a client cannot be used; null when it can. In a demo http to this machine is let through. */
export function urlFault(text: string, demo: boolean): 'address' | 'https' | 'inside' | null {
  const url = text.length <= 500 ? URL.parse(text) : null
  if (!url || url.username !== '' || url.password !== '' || url.hash !== '' || /[\s\\]/.test(text)) return 'address'
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const here = /^(localhost|127\.\d+\.\d+\.\d+|::1)$/.test(host)
  if (url.protocol !== 'https:' && !(demo && here && url.protocol === 'http:')) return url.protocol === 'http:' ? 'https' : 'address'
  if (isIP(host) !== 0) return isOutside(host, demo) ? null : 'inside'
  if (here) return demo ? null : 'inside'
  return /^(?!.*\.\.)[a-z0-9-]+(\.[a-z0-9-]+)+$/i.test(host) && !/\.(local|internal|localhost|home\.arpa)$/i.test(host) ? null : 'inside'
}

/** What became of a try. */
export type Tried = { readonly status: number | null; readonly fault: string | null }

const PATIENCE_MS = 15_000
const MOST_BYTES = 64 * 1024

/**
 * Posts a message. The name is resolved here, once, and only addresses outside are connected to, so that no answer of a name
 * server leads inside afterwards. Redirects are not followed. Never throws for what the other side does.
 */
export function post(address: string, body: string, headers: Readonly<Record<string, string>>, demo: boolean): Promise<Tried> {
  const unfit = urlFault(address, demo)
  if (unfit !== null) return Promise.resolve({ status: null, fault: unfit })
  const url = new URL(address)
  const options = { method: 'POST', lookup: outsideOnly(demo), signal: AbortSignal.timeout(PATIENCE_MS), agent: false as const }
  const send = url.protocol === 'https:' ? tlsRequest : plainRequest
  return new Promise((done) => {
    const sent = send(url, { ...options, headers: { ...headers, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) } }, (reply) => {
      let size = 0
      reply.on('data', (part: Buffer) => {
        size += part.length
        if (size > MOST_BYTES) reply.destroy()
      })
      reply.on('error', () => undefined)
      reply.on('close', () => done({ status: reply.statusCode ?? null, fault: null }))
    }) // prettier-ignore
    sent.on('error', (error: Error) => {
      const code = 'code' in error ? String(error.code) : ''
      done({
        status: null,
        fault: code === 'INSIDE' ? 'inside' : error.name === 'TimeoutError' || code === 'ABORT_ERR' ? 'too_slow' : 'away',
      })
    })
    sent.end(body)
  })
}

function outsideOnly(demo: boolean): LookupFunction {
  return (name, options, callback) => {
    resolve(name, { ...options, all: true }, (error, found: LookupAddress[]) => {
      if (error) return callback(error, '')
      const [first] = found
      if (!first || found.some(({ address }) => !isOutside(address, demo)))
        return callback(Object.assign(new Error('not outside'), { code: 'INSIDE' }), '')
      if (options.all) return callback(null, found)
      return callback(null, first.address, first.family)
    })
  }
}

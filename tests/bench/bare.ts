// The limit for pages: node:http alone, in a process of its own, that answers each path with the bytes it was given.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'

type Canned = { path: string; headers: Record<string, string>; body: string }

const canned = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as Canned[]
const answers = new Map(canned.map((each) => [each.path, { headers: each.headers, body: Buffer.from(each.body, 'base64') }]))
const server = createServer((request, response) => {
  const answer = answers.get(request.url ?? '')
  response.writeHead(answer ? 200 : 404, answer?.headers ?? { 'content-length': '0' })
  response.end(answer?.body)
})
server.keepAliveTimeout = 10_000
server.listen(Number(process.argv[3]), '127.0.0.1', () => process.stdout.write('ready\n'))

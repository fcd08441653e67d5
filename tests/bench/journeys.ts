import sharp from 'sharp'

/** The services whose journeys are sent: decided by rule at once, and left to an officer, in equal parts. */
export const services = ['library_card', 'visitor_tax_return', 'change_of_address', 'school_place'] as const

/** A journey that is complete and waits to be sent. */
export type Prepared = { readonly id: string; readonly token: string }

type Question = { id: string; kind: string; example: unknown }
type Reply = { id: string; token: string; page: { id: string; questions: Question[] } | null; complete: boolean }
type Answers = { values: Record<string, unknown>; files: string[] }

/** Prepares journeys through the JSON door, eight at a time, as a client that knows nothing of the services would. */
export async function prepareJourneys(port: number, count: number): Promise<Prepared[]> {
  const photo = await sharp({ create: { width: 40, height: 30, channels: 3, background: '#369' } })
    .jpeg()
    .toBuffer()
  const known = new Map<string, Answers>()
  for (const service of services) known.set(service, await walk(port, service, photo))
  const made: Prepared[] = []
  let next = 0
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      while (next < count) {
        const service = services[next++ % services.length] ?? 'library_card'
        const answers = known.get(service)
        if (answers) made.push(await prepareOne(port, service, answers, photo))
      }
    }),
  )
  return made
}

/** Answers page after page with the examples, to learn what a complete journey needs. */
async function walk(port: number, service: string, photo: Buffer): Promise<Answers> {
  const started = await call(port, 'POST', `/api/v1/services/${service}/journeys`, null, {})
  const values: Record<string, unknown> = {}
  const files: string[] = []
  for (let now = started; !now.complete && now.page !== null;) {
    const answers: Record<string, unknown> = {}
    for (const question of now.page.questions) {
      if (question.kind === 'file') files.push(question.id)
      answers[question.id] = question.kind === 'file' ? [await sendPhoto(port, started, photo)] : question.example
    }
    Object.assign(values, answers)
    const next = await call(port, 'PUT', `/api/v1/journeys/${started.id}/answers`, started.token, { answers })
    if (next.page?.id === now.page.id) throw new Error(`${service}: the examples do not get past ${now.page.id}`)
    now = next
  }
  return { values, files }
}

async function prepareOne(port: number, service: string, known: Answers, photo: Buffer): Promise<Prepared> {
  const { id, token } = await call(port, 'POST', `/api/v1/services/${service}/journeys`, null, {})
  const answers = { ...known.values }
  for (const file of known.files) answers[file] = [await sendPhoto(port, { id, token }, photo)]
  const { complete } = await call(port, 'PUT', `/api/v1/journeys/${id}/answers`, token, { answers })
  if (!complete) throw new Error(`${service}: the journey is not complete`)
  return { id, token }
}

async function sendPhoto(port: number, journey: Prepared, photo: Buffer): Promise<string> {
  const form = new FormData()
  form.append('file', new Blob([new Uint8Array(photo)]), 'photo.jpg')
  return (await ask(port, 'POST', `/api/v1/journeys/${journey.id}/files`, { authorization: `Bearer ${journey.token}` }, form)).id
}

function call(port: number, method: string, path: string, token: string | null, body: unknown): Promise<Reply> {
  const headers = { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) }
  return ask(port, method, path, headers, JSON.stringify(body))
}

async function ask(port: number, method: string, path: string, headers: Record<string, string>, body: string | FormData): Promise<Reply> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { method, headers, body })
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
  return (await response.json()) as Reply
}

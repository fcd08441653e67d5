/**
 * Answers for the crew's pages when there is no connection, with an empty frame that the page's script fills from what it
 * keeps sealed. The frame, its style sheets and scripts are all that is cached: nothing of anybody.
 */
const frame = '/officer/crew/frame'
const { version, files } = self.crewShell
const name = `stoa-crew-${version}`
/** After this long without an answer the connection counts as gone, in milliseconds. */
const PATIENCE = 6_000

const fetched = async (address) => {
  const answer = await fetch(address, { cache: 'no-cache' })
  if (!answer.ok || answer.redirected) throw new Error(`${address}: ${answer.status}`)
  return answer
}

/** The frame in the language that the reader now has. */
async function keepFrame() {
  const cache = await caches.open(name)
  await cache.put(frame, await fetched(frame))
}

self.addEventListener('install', (event) => {
  const fill = async () => {
    const cache = await caches.open(name)
    await Promise.all(files.map(async (address) => cache.put(address, await fetched(address))))
    await keepFrame()
    await self.skipWaiting()
  }
  event.waitUntil(fill())
})

self.addEventListener('activate', (event) => {
  const clear = async () => {
    for (const each of await caches.keys()) if (each.startsWith('stoa-crew-') && each !== name) await caches.delete(each)
    await self.clients.claim()
  }
  event.waitUntil(clear())
})

self.addEventListener('message', (event) => {
  if (event.data === 'frame') event.waitUntil(keepFrame().catch(() => undefined))
})

async function page(request) {
  const cache = await caches.open(name)
  const slow = new Promise((done) => setTimeout(done, PATIENCE, null))
  const answer = await Promise.race([fetch(request).catch(() => null), slow])
  return answer ?? (await cache.match(frame)) ?? Response.error()
}

self.addEventListener('fetch', (event) => {
  const { request } = event
  if (request.method !== 'GET') return
  const { origin, pathname } = new URL(request.url)
  if (origin !== self.location.origin) return
  if (request.mode === 'navigate') event.respondWith(page(request))
  else if (files.includes(pathname)) event.respondWith(caches.match(request).then((kept) => kept ?? fetch(request)))
})

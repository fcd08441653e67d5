/**
 * What a crew's device keeps for one officer: the list of today and the acts that wait for a connection. Everything is sealed
 * with AES-GCM (NIST SP 800-38D) under a key that the server gives to that officer's session on this device and that cannot
 * be exported. The key has a database of its own, so that leaving is deleting it: see docs/decisions/0018-offline-outbox.md.
 */
import { deleteDB, openDB } from 'idb'

const KEYS = 'stoa-crew-key'
const KEPT = 'stoa-crew'

const text = new TextEncoder()
const bytesOf = (base64url) => Uint8Array.from(atob(base64url.replaceAll('-', '+').replaceAll('_', '/')), (symbol) => symbol.charCodeAt(0))

// connections to the keys are short: one that stayed open would keep another page from deleting them
async function withKeys(work) {
  const db = await openDB(KEYS, 1, { upgrade: (fresh) => void fresh.createObjectStore('key') })
  try {
    return await work(db)
  } finally {
    db.close()
  }
}

const openKept = () =>
  openDB(KEPT, 1, {
    upgrade(fresh) {
      fresh.createObjectStore('sealed', { keyPath: 'id' }).createIndex('who', ['who', 'kind'])
      fresh.createObjectStore('device')
    },
    blocking: (_from, _to, event) => event.target.close(),
  })

/** The name of this device: drawn once, says nothing of anybody. */
export async function deviceName() {
  const db = await openKept()
  const had = await db.get('device', 'name')
  if (had) return had
  const name = crypto.randomUUID()
  await db.put('device', name, 'name')
  return name
}

/** Takes the key that the server gave: the only one there is from now on. */
export async function takeKey({ who, key, seconds }) {
  const usable = await crypto.subtle.importKey('raw', bytesOf(key), 'AES-GCM', false, ['encrypt', 'decrypt'])
  await withKeys((db) => db.put('key', { who, key: usable, until: Date.now() + seconds * 1000 }, 'now'))
}

/** The key that is there, with whose it is; null when nobody's is, or its time is over. */
export async function keyHere() {
  const found = await withKeys((db) => db.get('key', 'now'))
  if (!found) return null
  if (found.until > Date.now()) return found
  await forgetKey()
  return null
}

/** Shuts what is kept until its officer has signed in again. */
export const forgetKey = () => deleteDB(KEYS)

const context = (record, part) => text.encode(`${record.who} ${record.kind} ${record.id} ${part}`)

async function sealPart(key, record, part, bytes) {
  const iv = crypto.getRandomValues(new Uint8Array(12))
  return { iv, bytes: await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData: context(record, part) }, key, bytes) }
}

const openPart = (key, record, part) =>
  crypto.subtle.decrypt(
    { name: 'AES-GCM', iv: record.parts[part].iv, additionalData: context(record, part) },
    key,
    record.parts[part].bytes,
  )

async function seal({ who, key }, kind, id, value, blobs = []) {
  const record = { id, who, kind, parts: [] }
  record.parts.push(await sealPart(key, record, 0, text.encode(JSON.stringify(value))))
  for (const blob of blobs) record.parts.push(await sealPart(key, record, record.parts.length, await blob.arrayBuffer()))
  return record
}

async function unseal({ key }, record) {
  const value = JSON.parse(new TextDecoder().decode(await openPart(key, record, 0)))
  const blobs = await Promise.all(record.parts.slice(1).map((_, at) => openPart(key, record, at + 1)))
  return { id: record.id, value, blobs }
}

/** What is kept for the holder of a key. */
export async function openOutbox(holder) {
  const db = await openKept()
  const all = (kind) => db.getAllFromIndex('sealed', 'who', [holder.who, kind])
  const put = async (...what) => db.put('sealed', await seal(holder, ...what))
  return {
    who: holder.who,
    /** The acts that wait, oldest first; one that cannot be opened any more has no value. */
    async acts() {
      const opened = await Promise.all(
        (await all('act')).map((record) => unseal(holder, record).catch(() => ({ id: record.id, value: null, blobs: [] }))),
      )
      return opened.toSorted((a, b) => (a.value?.queued ?? 0) - (b.value?.queued ?? 0))
    },
    /** Keeps an act, or what has become of it, under the id that it goes out with. */
    keepAct: (act) =>
      put(
        'act',
        act.id,
        act.value,
        act.blobs.map((bytes) => (bytes instanceof Blob ? bytes : new Blob([bytes]))),
      ),
    remove: (id) => db.delete('sealed', id),
    async list() {
      const [record] = await all('list')
      return record ? ((await unseal(holder, record).catch(() => null))?.value ?? null) : null
    },
    keepList: (value) => put('list', `list ${holder.who}`, value),
    /** A picture of the list as a blob; null when it is not kept. */
    async picture(address) {
      const record = await db.get('sealed', await pictureId(holder, address))
      const opened = record && record.who === holder.who ? await unseal(holder, record).catch(() => null) : null
      return opened ? new Blob(opened.blobs, { type: opened.value.type }) : null
    },
    keepPicture: async (address, blob) => put('picture', await pictureId(holder, address), { type: blob.type }, [blob]),
    /** Removes the pictures of everything that is not on the list any more. */
    async keepOnly(addresses) {
      const wanted = new Set(await Promise.all(addresses.map((address) => pictureId(holder, address))))
      for (const record of await all('picture')) if (!wanted.has(record.id)) await db.delete('sealed', record.id)
    },
  }
}

/** An address names a report: what is kept in the open is a hash of it with its owner's name. */
async function pictureId({ who }, address) {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', text.encode(`${who} ${address}`)))
  return [...hash.subarray(0, 16)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

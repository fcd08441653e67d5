/** What tests ask a device about what it keeps; given to the page as text. */
const asked = (request) =>
  new Promise((done, fail) => {
    request.addEventListener('success', () => done(request.result))
    request.addEventListener('error', () => fail(request.error))
  })
const latin = (bytes) => [...new Uint8Array(bytes)].map((byte) => String.fromCharCode(byte)).join('')

/** Every row of every database, by store. */
async function rows() {
  const found = []
  for (const { name } of await indexedDB.databases()) {
    const db = await asked(indexedDB.open(name))
    for (const store of db.objectStoreNames) {
      for (const row of await asked(db.transaction(store).objectStore(store).getAll())) found.push({ store, row })
    }
    db.close()
  }
  return found
}

/** How often a key opens what is another account's, in its own context and in that of its owner. */
async function opensOf({ who, key }, sealed) {
  let opens = 0
  for (const row of sealed.filter((each) => each.who !== who))
    for (const claimed of [row.who, who])
      for (const [at, part] of row.parts.entries()) {
        const additionalData = new TextEncoder().encode(`${claimed} ${row.kind} ${row.id} ${at}`)
        const opened = crypto.subtle.decrypt({ name: 'AES-GCM', iv: part.iv, additionalData }, key, part.bytes)
        opens += await opened.then(
          () => 1,
          () => 0,
        )
      }
  return opens
}

globalThis.kept = {
  /** Everything that the browser's stores hold for this origin, bytes as Latin-1; and what the keys there can do. */
  async everything() {
    const all = await rows()
    const sealed = all.filter(({ store }) => store === 'sealed').map(({ row }) => row)
    const held = all.filter(({ store }) => store === 'key').map(({ row }) => row)
    let text = JSON.stringify([{ ...localStorage, ...sessionStorage }, all])
    for (const row of sealed) for (const part of row.parts) text += latin(part.bytes)
    for (const name of await caches.keys()) {
      const cache = await caches.open(name)
      for (const request of await cache.keys()) text += request.url + latin(await (await cache.match(request)).arrayBuffer())
    }
    const keys = []
    for (const each of held) {
      const exports = await crypto.subtle.exportKey('raw', each.key).then(
        () => true,
        () => false,
      )
      keys.push({ who: each.who, exports, opens: await opensOf(each, sealed) })
    }
    return {
      text,
      keys,
      who: [...new Set(sealed.map((row) => row.who))],
      acts: sealed.filter((row) => row.kind === 'act').length,
      parts: sealed.reduce((sum, row) => sum + row.parts.length, 0),
    }
  },

  /** Whether the device could go on alone: with a worker, the frame, and a list for this account. */
  async ready() {
    const [name] = (await caches.keys()).filter((each) => each.startsWith('stoa-crew-'))
    if (!navigator.serviceWorker.controller || !name || !(await (await caches.open(name)).match('/officer/crew/frame'))) return false
    const { who } = document.querySelector('[data-crew]').dataset
    return (await rows()).some(({ store, row }) => store === 'sealed' && row.kind === 'list' && row.who === who)
  },

  /** Whether everything has gone out. */
  empty() {
    return document.querySelector('[data-line]')?.textContent !== '' && document.querySelectorAll('[data-acts] > li').length === 0
  },
}

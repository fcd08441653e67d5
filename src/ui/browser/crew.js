/**
 * The crews' pages on a device: each act is kept, sealed, before it is sent, and stays on the screen until the server has
 * said that it is done. Without a connection the same pages are drawn from what is kept. See docs/decisions/0018-offline-outbox.md.
 */
import { deviceName, forgetKey, keyHere, openOutbox, takeKey } from './outbox.js'
import { mineOf, missing, smaller } from './crewforms.js'
import { drawFrame, drawn } from './crewframe.js'

const WORKER = '/officer/crew/worker.js'
const LIST = '/officer/crew'
const LOOK_MS = 20_000

const one = (selector, from = document) => from.querySelector(selector)
const all = (selector, from = document) => [...from.querySelectorAll(selector)]
const box = one('[data-crew]')
const frame = one('[data-crew-frame]')
const said = (name) => box.getAttribute(`data-${name.replaceAll('_', '-')}`) ?? ''

let outbox = null
let signIn = false
let touched = false

/** What the page is about: the one heading that is shown. */
const titleHere = () =>
  all('h1')
    .find((heading) => !heading.closest('[hidden]'))
    ?.textContent.trim() ?? ''

async function keep(form) {
  const kind = form.dataset.crewAct
  const data = new FormData(form)
  const lacks = missing(kind, data)
  const error = one('[data-form-error]', form)
  error.textContent = lacks === null ? '' : said(`missing-${lacks}`)
  if (lacks !== null) return error.scrollIntoView({ block: 'nearest' })
  const [fields, photos, blobs] = [{}, [], []]
  for (const [name, value] of data) {
    if (!(value instanceof File)) fields[name] = value
    else if (value.size > 0) {
      photos.push({ field: name, name: value.name })
      blobs.push(await smaller(value))
    }
  }
  const act = {
    id: crypto.randomUUID(),
    value: { kind, fields, photos, mine: mineOf(form), category: titleHere(), queued: Date.now(), state: 'waiting' },
    blobs,
  }
  try {
    await outbox.keepAct(act)
  } catch {
    // no room: it goes out as the form that it is, or stays on the page
    if (navigator.onLine) return form.submit()
    error.textContent = said('say-full')
    return
  }
  form.reset()
  touched = false
  navigator.storage?.persist?.().catch(() => false)
  await show()
  await send()
  const left = (await outbox.acts()).some((each) => each.id === act.id)
  // without a worker a page that cannot be reached would take this one away
  if (!left || navigator.serviceWorker?.controller) location.assign(left ? LIST : `${LIST}?done=${kind}`)
}

function bodyOf({ id, value, blobs }) {
  const body = new FormData()
  for (const [name, text] of Object.entries({ ...value.fields, id, act: value.kind, who: outbox.who })) body.set(name, text)
  value.photos.forEach(({ field, name }, at) => body.set(field, new Blob([blobs[at]], { type: 'image/jpeg' }), name))
  return body
}

/** Sends one act; gives what is to be done next: `next`, or `stop` while the way is closed. */
async function sendOne(act) {
  const { value } = act
  const answer = await fetch('/officer/crew/acts', { method: 'POST', body: bodyOf(act), headers: { accept: 'application/json' } }).catch(
    () => null,
  )
  if (answer?.ok && (await answer.json().catch(() => null))?.id === act.id) {
    await outbox.remove(act.id)
    return 'next'
  }
  const problem = answer ? await answer.json().catch(() => null) : null
  if (!problem || answer.ok || answer.status >= 500 || answer.status === 429 || answer.status === 408) return 'stop'
  if (answer.status === 401 || problem.code === 'access.step-up') {
    signIn = true
    return 'stop'
  }
  if (problem.code === 'reports.crew-account') {
    await leave()
    return 'stop'
  }
  const { moved, now, choices, seen } = problem
  const lacks = problem.key ? said(`missing-${problem.key}`) : ''
  if (moved) Object.assign(value, { state: 'conflict', now, choices, seen })
  else Object.assign(value, { state: 'refused', choices: ['retry', 'drop'], error: lacks || problem.text || problem.title })
  await outbox.keepAct(act)
  return 'next'
}

/** Sends what waits, oldest first; of a report nothing is sent past an act that waits for a choice. One page at a time. */
async function send() {
  if (!(await stillMine())) return
  await navigator.locks.request('stoa-crew', { ifAvailable: true }, async (lock) => {
    if (!lock) return
    const held = new Set()
    for (const act of await outbox.acts()) {
      const report = act.value?.fields.report
      if (!act.value || act.value.state !== 'waiting' || held.has(report)) held.add(report)
      else if ((await sendOne(act)) === 'stop') break
      // it may have become one that waits for a choice
      if (act.value && act.value.state !== 'waiting') held.add(report)
    }
  })
  if (outbox) await show()
}

async function choose(act, choice) {
  const { value } = act
  if (choice === 'drop') await outbox.remove(act.id)
  else {
    const seen = value.seen ?? null
    if (seen)
      Object.assign(value.fields, {
        seen_revision: String(seen.revision),
        seen_state: seen.state,
        seen_reopened: String(seen.reopened),
        // words stay those of the crew that wrote them
        ...(choice === 'again' ? { seen_crew: seen.crew ?? '' } : {}),
      })
    if (choice === 'note') Object.assign(value, { kind: 'note', photos: [], mine: value.fields.text })
    await outbox.keepAct({ ...act, value: { ...value, state: 'waiting' }, blobs: choice === 'note' ? [] : act.blobs })
  }
  await show()
  await send()
}

function drawAct(act) {
  const value = act.value ?? { kind: '', fields: {}, state: 'broken', choices: ['drop'] }
  const { state, choices = [], mine = null, now = null, error = null } = value
  const item = drawn(one('#pending-act'), {
    act: value.kind ? said(`act-${value.kind}`) : '',
    reference: value.fields.report ?? '',
    category: value.category ?? '',
    state: said(`state-${state}`),
    error,
    mine: mine || null,
    now,
  })
  if (!mine) one('[data-versions]', item).remove()
  else if (now === null || state !== 'conflict') one('[data-now]', item).remove()
  for (const button of all('[data-choice]', item)) {
    if (state === 'waiting' || !choices.includes(button.dataset.choice)) button.remove()
    else button.addEventListener('click', () => choose(act, button.dataset.choice))
  }
  return item
}

/** Draws what waits, and says how things stand. */
async function show() {
  const acts = await outbox.acts()
  one('[data-acts]', box).replaceChildren(...acts.map(drawAct))
  one('[data-pending]', box).hidden = acts.length === 0
  one('[data-sign-in]', box).hidden = !signIn
  const state = signIn ? 'sign_in' : !navigator.onLine || frame ? 'offline' : acts.length > 0 ? 'kept' : 'online'
  one('[data-line]', box).textContent = said(`say-${state}`)
  box.hidden = false
  for (const stop of all('[data-stop]')) {
    const waits = acts.some((act) => act.value?.fields.report === stop.dataset.stop)
    stop.toggleAttribute('data-waits', waits)
    one('[data-waits-tag]', stop)?.remove()
    if (waits) stop.lastElementChild.append(waitingTag())
  }
}

function waitingTag() {
  const tag = document.createElement('span')
  Object.assign(tag.dataset, { color: 'warning', variant: 'outline', waitsTag: '' })
  tag.className = 'ds-tag'
  tag.textContent = said('state-waiting')
  return tag
}

/** Whether the device is still this page's officer's; when it is not, nothing of them stays on the screen. */
async function stillMine() {
  const now = outbox ? await keyHere() : null
  if (outbox && now?.who === outbox.who) return true
  if (outbox) await leave(false)
  return false
}

async function leave(forget = true) {
  outbox = null
  one('main').replaceChildren()
  if (forget) await forgetKey()
  location.replace(LIST)
}

async function ownKey(who) {
  const had = await keyHere()
  if (had && had.who === who) return had
  if (had) await forgetKey()
  const headers = { accept: 'application/json', 'content-type': 'application/json' }
  const answer = await fetch('/officer/crew/key', { method: 'POST', headers, body: JSON.stringify({ device: await deviceName() }) })
  if (!answer.ok) return null
  const given = await answer.json()
  if (given.who !== who) return null
  await takeKey(given)
  return keyHere()
}

/** Keeps today's list with its pictures for the hours without a connection. */
async function keepList() {
  const answer = await fetch('/officer/crew/run.json', { headers: { accept: 'application/json' } }).catch(() => null)
  const list = answer?.ok ? await answer.json() : null
  if (!list || list.who !== outbox?.who) return
  await outbox.keepList(list)
  const wanted = list.stops.flatMap((stop) => stop.pictures.slice(-4).map((picture) => picture.src))
  await outbox.keepOnly(wanted)
  for (const address of wanted) {
    if (!outbox || (await outbox.picture(address))) continue
    const picture = await fetch(address).catch(() => null)
    const blob = picture?.ok ? await picture.blob() : null
    if (blob && outbox) await outbox.keepPicture(address, blob.type === 'image/svg+xml' ? blob : await smaller(blob))
  }
}

async function showPictures() {
  for (const place of all('[data-picture]')) {
    const blob = await outbox.picture(place.dataset.picture)
    if (blob) place.src = URL.createObjectURL(blob)
    else place.remove()
  }
}

async function startWorker() {
  if (!navigator.serviceWorker) return
  const rules = {
    createScriptURL(address) {
      if (address !== WORKER) throw new TypeError(address)
      return address
    },
  }
  const address = window.trustedTypes ? window.trustedTypes.createPolicy('stoa-worker', rules).createScriptURL(WORKER) : WORKER
  const registration = await navigator.serviceWorker.register(address, { scope: LIST, updateViaCache: 'none' })
  registration.active?.postMessage('frame')
}

/** Parts of a form that only one answer needs are shown with it. */
function showNeeds() {
  const follow = () => {
    for (const part of all('[data-needs]')) {
      part.hidden = one('[name=why]:checked', part.closest('form'))?.value !== part.dataset.needs
    }
  }
  document.addEventListener('change', follow)
  follow()
}

/** The list from where the device is. The position goes into a form, never into an address. */
function fromHere() {
  const form = one('[data-crew-here]')
  if (!form || !navigator.geolocation) return
  form.hidden = false
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    const failed = one('[role=status]', form)
    failed.textContent = ''
    const found = ({ coords }) => {
      form.elements.lat.value = coords.latitude
      form.elements.long.value = coords.longitude
      form.submit()
    }
    navigator.geolocation.getCurrentPosition(found, () => (failed.textContent = failed.dataset.text), {
      timeout: 15_000,
      maximumAge: 60_000,
    })
  })
}

function takeForms() {
  // before the guard against double posting, which would hold back the second act of a page
  document.addEventListener(
    'submit',
    (event) => {
      const form = event.target
      if (!form.matches('[data-crew-act]') || !outbox) return
      event.preventDefault()
      if (form.dataset.busy) return
      form.dataset.busy = '1'
      keep(form).finally(() => delete form.dataset.busy)
    },
    { capture: true },
  )
  document.addEventListener('input', (event) => {
    if (event.target.closest?.('[data-crew-act]')) touched = true
  })
}

async function comeBack() {
  signIn = false
  if (!outbox) return
  await send()
  // the frame makes way for the page itself, unless somebody is writing in it
  if (frame && outbox && !touched && navigator.onLine && (await reachable())) location.reload()
}

const reachable = () =>
  fetch(WORKER, { method: 'HEAD', cache: 'no-store' }).then(
    () => true,
    () => false,
  )

function watch() {
  addEventListener('online', comeBack)
  addEventListener('offline', () => outbox && show())
  document.addEventListener(
    'visibilitychange',
    () => document.visibilityState === 'visible' && stillMine().then((mine) => mine && comeBack()),
  )
  setInterval(async () => {
    if ((await stillMine()) && (await outbox.acts()).some((act) => act.value?.state === 'waiting')) await comeBack()
  }, LOOK_MS)
}

/** The frame: shut until its officer is there. */
async function startFrame() {
  const key = await keyHere()
  one('[data-locked]').hidden = key !== null
  if (!key) return
  outbox = await openOutbox(key)
  one('[data-ways]').hidden = false
  // they are signed in, as far as anybody knows here
  one('header .st-tools')?.remove()
  drawFrame(await outbox.list(), location.pathname)
  one('[data-to-list]').hidden = location.pathname === LIST
  const today = new Date()
  const parts = { day: today.getDate(), month: today.getMonth() + 1, year: today.getFullYear() }
  for (const [name, value] of Object.entries(parts)) for (const field of all(`[data-crew-act=done] [name=on-${name}]`)) field.value = value
  await showPictures()
}

async function start() {
  showNeeds()
  fromHere()
  // a shared device keeps nothing
  if (!window.crypto?.subtle || !window.indexedDB || !navigator.locks || Number(document.body.dataset.shared) > 0) return
  takeForms()
  if (frame) await startFrame()
  else {
    const key = await ownKey(box.dataset.who)
    if (!key) return
    outbox = await openOutbox(key)
    startWorker().catch(() => undefined)
  }
  if (!outbox) return
  showNeeds()
  watch()
  await show()
  await send()
  if (outbox && !frame) await keepList()
}

if (box) start()

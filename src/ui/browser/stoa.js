/**
 * What a script adds to pages that work without it: a warning before a session ends, a guard against double posting,
 * news of changes, checks of files before they are sent, and keys for the officer's queue.
 */

const one = (selector, from = document) => from.querySelector(selector)
const all = (selector, from = document) => [...from.querySelectorAll(selector)]

let dirty = false

document.addEventListener('input', (event) => {
  if (event.target.closest?.('form[method="post" i]')) dirty = true
})

/** A page may have several forms: changing the language takes along the one that was typed in last. */
function takeTypedAlong() {
  let typed = null
  document.addEventListener('input', (event) => {
    const form = event.target.form
    if (form?.getAttribute('method')?.toLowerCase() === 'post' && form.closest('main')) typed = form
  })
  document.addEventListener(
    'click',
    (event) => {
      const button = event.target.closest?.('.st-languages button[formaction]')
      if (!button || !typed) return
      if (!typed.hasAttribute('id')) typed.setAttribute('id', 'st-typed-last')
      const to = new URL(button.formAction)
      to.searchParams.set('form', typed.getAttribute('action') ?? '')
      button.setAttribute('formaction', to.pathname + to.search)
      button.setAttribute('form', typed.getAttribute('id'))
    },
    true,
  )
}

/** The error summary takes the focus, so that the reader begins where the problem is. */
function focusErrors() {
  one('[data-focus]')?.focus()
}

/** A form is sent once: a second press within five seconds does nothing. The pressed button's name and value still go, because it is disabled only after the browser has read the form. */
function guardForms() {
  document.addEventListener('submit', (event) => {
    const form = event.target
    if (event.defaultPrevented || form.method.toLowerCase() !== 'post') return
    const unchecked = event.submitter?.formNoValidate // such as a language button, which takes no files along
    // a file that would be refused does not travel: the field says what to do, also in forms that leave checking to us
    const refused = !unchecked && [...form.elements].find((field) => field.type === 'file' && field.validity.customError)
    if (refused) {
      event.preventDefault()
      refused.reportValidity()
      return
    }
    if (form.dataset.sent) {
      event.preventDefault()
      return
    }
    form.dataset.sent = '1'
    dirty = false
    const button = event.submitter
    setTimeout(() => button?.setAttribute('aria-disabled', 'true'), 0)
    setTimeout(() => release(form, button), 5000)
  })
  // a page that comes back from the browser's memory can be sent again
  addEventListener('pageshow', () => {
    for (const form of all('form[data-sent]')) release(form, null)
    for (const button of all('button[aria-disabled="true"]')) button.removeAttribute('aria-disabled')
  })
}

function release(form, button) {
  delete form.dataset.sent
  button?.removeAttribute('aria-disabled')
}

/** A shared device is left when nobody does anything for a while: the program then forgets who was there. */
function forgetSharedDevice() {
  const seconds = Number(document.body.dataset.shared)
  if (!(seconds > 0)) return
  let last = Date.now()
  for (const name of ['pointerdown', 'pointermove', 'keydown', 'input', 'scroll']) {
    addEventListener(name, () => (last = Date.now()), { passive: true, capture: true })
  }
  setInterval(() => {
    if (Date.now() - last >= seconds * 1000) location.replace('/goodbye')
  }, 1000)
}

/** Asks before the session ends and extends it with one press, on the page, without losing what is typed. */
function warnBeforeSessionEnds() {
  const dialog = one('#session')
  const seconds = Number(dialog?.dataset.sessionSeconds)
  if (!dialog || !(seconds > 0)) return
  let lead = Math.min(120, seconds / 2)
  const countdown = one('[data-countdown]', dialog)
  const words = new Intl.NumberFormat(dialog.dataset.locale, { style: 'unit', unit: 'minute', unitDisplay: 'long' })
  const secondWords = new Intl.NumberFormat(dialog.dataset.locale, { style: 'unit', unit: 'second', unitDisplay: 'long' })
  let ends = Date.now() + seconds * 1000
  let said = ''
  const tick = () => {
    const left = Math.max(0, Math.round((ends - Date.now()) / 1000))
    if (left > lead) return
    if (lead === 0) {
      clearInterval(timer)
      return
    }
    if (!dialog.open) dialog.showModal()
    // words change once a minute, then every ten seconds: a reader's ear is not a clock
    const text = left > 60 ? words.format(Math.ceil(left / 60)) : secondWords.format(Math.ceil(left / 10) * 10)
    if (text !== said) {
      countdown.textContent = text
      said = text
    }
    if (left === 0) {
      clearInterval(timer)
      dialog.close()
    }
  }
  const timer = setInterval(tick, 1000)
  const form = one('form', dialog)
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    try {
      const answer = await fetch(form.action, { method: 'POST', headers: { accept: 'application/json' } })
      if (!answer.ok) throw new Error(String(answer.status))
      const left = Number((await answer.json()).seconds)
      if (!(left > 0)) throw new Error('ended')
      ends = Date.now() + left * 1000
      // near the longest time that a session lasts there is no more to be had: it is not asked for again
      lead = left > lead ? lead : 0
      dialog.close()
    } catch {
      clearInterval(timer)
      dialog.close()
      if (!dirty) location.reload()
    }
  })
}

/** Says that the page has changed; a page on which nothing was typed or focused shows the change at once. */
function listen() {
  const address = document.body.dataset.live
  if (!address || !('EventSource' in window)) return
  const source = new EventSource(address)
  source.addEventListener('message', () => {
    const busy = dirty || one('dialog[open]') || document.activeElement?.closest('main form')
    if (!busy && document.visibilityState === 'hidden') {
      location.reload()
      return
    }
    showNotice()
  })
  addEventListener('pagehide', () => source.close())
}

function showNotice() {
  const region = one('#live-region')
  if (!region || region.firstChild) return
  const notice = document.createElement('p')
  const link = document.createElement('a')
  link.href = location.href.split('#')[0]
  link.textContent = region.dataset.label
  link.addEventListener('click', (event) => {
    event.preventDefault()
    location.reload()
  })
  notice.append(region.dataset.text, ' ', link)
  region.append(notice)
}

/** Refuses files that the server would refuse, before they travel. */
function checkFiles() {
  document.addEventListener('change', (event) => {
    const input = event.target
    const limit = Number(input.dataset?.maxBytes)
    if (input.type !== 'file' || !limit) return
    const tooLarge = [...input.files].find((file) => file.size > limit)
    input.setCustomValidity(tooLarge ? `${tooLarge.name}: ${input.dataset.tooLarge}` : '')
    if (tooLarge) input.reportValidity()
  })
}

/** Keys of the officer's queue: j and k move, Enter opens, / searches. Only outside fields, and without modifiers. */
function queueKeys() {
  const queue = one('[data-queue]')
  if (!queue) return
  document.addEventListener('keydown', (event) => {
    const busy = event.target.closest('input, textarea, select, button, dialog, [contenteditable]')
    if (busy || event.ctrlKey || event.metaKey || event.altKey) return
    if (event.key === '/') {
      const field = one('[data-search]')
      if (field) {
        event.preventDefault()
        field.focus()
      }
      return
    }
    if (event.key !== 'j' && event.key !== 'k') return
    event.preventDefault()
    moveIn(queue, event.key === 'j' ? 1 : -1)
  })
}

function moveIn(queue, by) {
  const rows = all('tbody tr', queue)
  const at = rows.findIndex((row) => row.hasAttribute('data-current'))
  const next = rows[Math.min(rows.length - 1, Math.max(0, at < 0 ? 0 : at + by))]
  if (!next) return
  rows[at]?.removeAttribute('data-current')
  next.setAttribute('data-current', '')
  // the focus goes to the row's link, so Enter opens it as everywhere else
  one('a', next)?.focus()
  next.scrollIntoView({ block: 'nearest' })
}

/** Fills in the code that a scanned square carries in the address's fragment, which is never sent and never logged. */
function fillFromFragment() {
  const field = one('[data-from-fragment]')
  const code = location.hash.slice(1)
  if (field && field.value === '' && /^[0-9A-Za-z-]{4,40}$/.test(code)) field.value = code
}

/**
 * Whoever leaves takes along the key to what a crew's device keeps for them, and nobody begins while another's is there. A
 * sign-out without a connection shuts what is kept at once, and is told to the server with the first page that comes.
 */
function takeKeysAlong() {
  const shut = () =>
    new Promise((done) => {
      const asked = indexedDB.deleteDatabase('stoa-crew-key')
      asked.onsuccess = asked.onerror = asked.onblocked = done
      setTimeout(done, 1000)
    })
  if (one('form[action="/sign-in"]')) {
    localStorage.removeItem('stoa-leaving')
    shut()
  }
  const signOut = one('.st-tools form[action="/sign-out"]')
  if (signOut && localStorage.getItem('stoa-leaving')) {
    localStorage.removeItem('stoa-leaving')
    shut().then(() => signOut.submit())
    return
  }
  document.addEventListener('submit', async (event) => {
    const form = event.target
    if (event.defaultPrevented || form.getAttribute('action') !== '/sign-out') return
    event.preventDefault()
    await shut()
    if (navigator.onLine) form.submit()
    else {
      localStorage.setItem('stoa-leaving', '1')
      location.assign('/officer/crew')
    }
  })
}

focusErrors()
fillFromFragment()
takeTypedAlong()
takeKeysAlong()
guardForms()
forgetSharedDevice()
warnBeforeSessionEnds()
listen()
checkFiles()
queueKeys()

/** Draws what a device keeps into the places of a template, as the server would have drawn it. Nothing is ever read as HTML. */

const valueAt = (values, name) => values[name] ?? null

/** Copies a template with its places filled; a place whose value is null is left out, and so is a section without rows. */
export function drawn(template, values) {
  const copy = template.content.cloneNode(true)
  fill(copy, values)
  return copy
}

/** Fills the places below a node. */
export function fill(root, values) {
  for (const list of [...root.querySelectorAll('[data-list]')]) {
    if (!list.hasAttribute('data-list')) continue
    const rows = valueAt(values, list.dataset.list) ?? []
    const [row] = list.children
    list.removeAttribute('data-list')
    list.replaceChildren(
      ...rows.map((each) => {
        const copy = row.cloneNode(true)
        const holder = document.createElement('div')
        holder.append(copy)
        fill(holder, { ...each, ...seenOf(each) })
        return copy
      }),
    )
    if (rows.length === 0) (list.closest('[data-section]') ?? list).remove()
  }
  for (const place of [...root.querySelectorAll('[data-slot]')]) {
    const value = valueAt(values, place.dataset.slot)
    place.removeAttribute('data-slot')
    if (value === null) place.remove()
    else place.textContent = value
  }
  attribute(root, 'slot-href', (place, value) => place.setAttribute('href', value), values)
  attribute(root, 'slot-value', (place, value) => (place.value = value), values)
  attribute(root, 'slot-alt', (place, value) => (place.alt = value), values)
  attribute(root, 'slot-picture', (place, value) => (place.dataset.picture = value), values)
  attribute(root, 'slot-stop', (place, value) => (place.dataset.stop = value), values)
}

function attribute(root, name, set, values) {
  for (const place of [...root.querySelectorAll(`[data-${name}]`)]) {
    const value = valueAt(values, place.getAttribute(`data-${name}`))
    place.removeAttribute(`data-${name}`)
    if (value !== null) set(place, value)
  }
}

/** How a report stood, as the values of its forms. */
export function seenOf(stop) {
  const { seen, reference } = stop
  if (!seen) return {}
  return {
    report: reference,
    seen_revision: String(seen.revision),
    seen_state: seen.state,
    seen_crew: seen.crew ?? '',
    seen_reopened: String(seen.reopened),
  }
}

/** The list, or the stop that the address names, into the frame; from what is kept. Gives whether it is kept. */
export function drawFrame(list, path) {
  const view = document.querySelector('[data-view]')
  const reference = /^\/officer\/crew\/reports\/([^/]+)$/.exec(path)?.[1] ?? null
  const stop = reference === null ? null : list?.stops.find((each) => each.reference === decodeURIComponent(reference))
  if (stop) view.replaceChildren(drawn(document.querySelector('#frame-stop'), { ...stop, ...seenOf(stop), number: null }))
  else if (list && reference === null) {
    const crews = list.crews.map((crew) => crew.name).join(' · ')
    view.replaceChildren(drawn(document.querySelector('#frame-list'), { ...list, crews }))
  } else view.replaceChildren(document.querySelector('#frame-none').content.cloneNode(true))
  // what waits stands where it stands on the page itself
  const box = document.querySelector('[data-crew]')
  if (stop) view.querySelector('.st-acts').before(box)
  else view.querySelector('.st-lead')?.after(box)
  // work that has begun cannot be begun
  if (stop && stop.seen.state !== 'assigned') view.querySelector('[data-act="started"]')?.remove()
  if (stop) for (const option of view.querySelectorAll('select[name=crew] option')) if (option.value === stop.seen.crew) option.remove()
}

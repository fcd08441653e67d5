/**
 * Begins the maps of a page when one comes near the screen or is touched: until then, and when anything fails, the
 * picture that the server drew stays and works. What a map is told stands in src/modules/places/README.md.
 */

const DRAWING = 'asset:mapdrawing'
const all = (selector) => [...document.querySelectorAll(selector)]

let drawing = null

async function begin(box) {
  if (box.dataset.on) return
  box.dataset.on = 'loading'
  try {
    drawing ??= import(DRAWING)
    const { draw } = await drawing
    await draw(box)
    box.dataset.on = 'yes'
  } catch (error) {
    drawing = null
    box.dataset.on = 'no'
    box.dataset.why = String(error?.message ?? error).slice(0, 100)
  }
}

const near = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue
      near.unobserve(target)
      void begin(target)
    }
  },
  { rootMargin: '200px' },
)

for (const box of all('[data-map]')) {
  near.observe(box)
  box.addEventListener('focusin', () => void begin(box), { once: true })
}

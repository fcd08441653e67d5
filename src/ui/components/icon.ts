import { trusted, type Html } from '../html.ts'

const PATHS = {
  home: 'M3.5 11.5 12 4l8.5 7.5M6 9.5V20h12V9.5M10 20v-5.5h4V20',
  car: 'M3.5 16.5v-4l2-5.5h13l2 5.5v4zM3.5 12.5h17M7 16.5V19M17 16.5V19M6.8 14.5h.4M16.8 14.5h.4',
  shop: 'M4 10v10h16V10M3 10l2-6h14l2 6a3 3 0 0 1-6 0 3 3 0 0 1-6 0 3 3 0 0 1-6 0zM10 20v-5h4v5',
  child: 'M12 9.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM5.5 12.5 12 11l6.5 1.5M12 11v5.5M8.5 20.5 12 16.5l3.5 4',
  wallet:
    'M4 7.5h14.5a1.5 1.5 0 0 1 1.5 1.5v9.5a1.5 1.5 0 0 1-1.5 1.5H5.5A1.5 1.5 0 0 1 4 18.5zM4 7.5 15.5 4v3.5M20 11.5h-4a2 2 0 0 0 0 4h4',
  flag: 'M6 21V4M6 4.5h11.5l-2.5 4 2.5 4H6',
  bed: 'M3.5 19V6M3.5 16h17v3M20.5 16v-3a3 3 0 0 0-3-3H11v6M7.2 12.5a1.7 1.7 0 1 0 0-3.4 1.7 1.7 0 0 0 0 3.4z',
  book: 'M12 6.5C10 5 7 4.5 4 4.5V18c3 0 6 .5 8 2 2-1.5 5-2 8-2V4.5c-3 0-6 .5-8 2zM12 6.5V20',
  check: 'm5 12.5 4.5 4.5L19 7.5',
  clock: 'M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17zM12 7.5V12l3 2',
  search: 'M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM15.3 15.3 20.5 20.5',
  file: 'M6 3.5h8l4 4v13H6zM14 3.5v4h4M9 12h6M9 16h6',
  plus: 'M12 5v14M5 12h14',
  minus: 'M5 12h14',
  locate: 'M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM12 2.5V6M12 18v3.5M2.5 12H6M18 12h3.5',
  lock: 'M6 11h12v9.5H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3M12 14.5v2.5',
  alert: 'M12 4 2.5 20h19zM12 10v4.5M12 17.2v.3',
} as const

/** The drawings there are. */
export type IconName = keyof typeof PATHS

/** Whether a city's icon name is one of ours. */
export function isIcon(name: string): name is IconName {
  return Object.hasOwn(PATHS, name)
}

/** A small drawing in the text's colour, hidden from screen readers; an unknown name draws a file. */
export function icon(name: string): Html {
  return trusted(
    `<svg class="st-icon" viewBox="0 0 24 24" width="24" height="24" fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false"><path d="${PATHS[isIcon(name) ? name : 'file']}"/></svg>`,
  )
}

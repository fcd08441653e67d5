import { inLanguage } from '../../../../kernel/text.ts'
import type { Board } from '../../service/board.ts'

/** For where an alert is. */
export type AlertPlace =
  | { readonly kind: 'district'; readonly id: string }
  | { readonly kind: 'street'; readonly id: string }
  | { readonly kind: 'around'; readonly lat: number; readonly long: number; readonly radius: number }

/** The place of an alert in a reader's language. */
export function placeOf({ places, words }: Pick<Board, 'places' | 'words'>, language: string, place: AlertPlace): string {
  if (place.kind === 'district') {
    const found = places?.districts.find((each) => each.id === place.id)
    return found ? inLanguage(found.name, language).text : place.id
  }
  if (place.kind === 'street') return places?.streets.find((each) => each.id === place.id)?.name ?? place.id
  const address = places?.nearestAddress(place.lat, place.long)?.thing.line1 ?? ''
  return words.translator(language)('reports.public.alerts.around', { address, metres: place.radius })
}

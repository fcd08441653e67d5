import { ownPath, textOf } from '../../../platform/http/routes.ts'
import { type Actor, isStaff, type Level, levels, reaches } from '../../access/index.ts'
import { homeOf } from '../visit.ts'

/** Where to go on after signing in: only a path of our own; empty when none was asked for. */
export function nextOf(source: unknown): string {
  return ownPath(textOf(source, 'next'))
}

/** The level that was asked for; null for none. */
export function levelAsked(source: unknown): Level | null {
  const asked = textOf(source, 'level')
  return levels.find((level) => level === asked) ?? null
}

/** An address that keeps where to go on, and at which level. */
export function withNext(path: string, next: string, level: Level | null = null): string {
  const query = [next && `next=${encodeURIComponent(next)}`, level && `level=${level}`].filter(Boolean).join('&')
  return query ? `${path}?${query}` : path
}

/** Where somebody goes on who has just signed in. Staff set up their second step before anything else. */
export function wayOn(actor: Actor, next: string): string {
  if (isStaff(actor) && !reaches(actor.level, 'substantial')) return withNext('/account/security', next)
  return next || homeOf(actor)
}

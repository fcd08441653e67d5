import {
  accountActor,
  type Action,
  type Actor,
  anonymous,
  holding,
  may,
  type Resource,
  type RoleBinding,
  systemActor,
} from '../../src/modules/access/index.ts'
import { costFigure, type Figure, quantile } from './figures.ts'

const DECISIONS = 1_000
const ROUNDS = 6

type Ask = { readonly actor: Actor; readonly action: Action; readonly resource: Resource }

/**
 * Single decisions as a working day asks for them: residents on their own cases, holders of codes, officers of one agency
 * and of all on cases that are and are not theirs, sensitive ones, proposals, staff pages. About a third is refused.
 */
export function measureAccess(): Figure[] {
  const asks = Array.from({ length: DECISIONS }, (_, n) => askOf(n))
  const times: number[] = []
  let allowed = 0
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const { actor, action, resource } of asks) {
      const begun = performance.now()
      const answer = may(actor, action, resource)
      // the first two rounds warm up
      if (round >= 2) times.push(performance.now() - begun)
      if (answer) allowed += 1
    }
  }
  const share = allowed / (DECISIONS * ROUNDS)
  if (share < 0.4 || share > 0.9) throw new Error(`the mix of decisions is not realistic: ${share} are allowed`)
  return [
    costFigure('access decision, median', 'ms', quantile(times, 0.5), { must: 0.2, aim: 0.1 }),
    costFigure('access decision, p95', 'ms', quantile(times, 0.95), { must: 1, aim: 0.3 }),
  ]
}

const agencies = ['transport', 'fire_service', 'parks', 'library', 'tax', 'housing']
const mix: readonly Action[] = [
  'cases.follow', 'cases.read', 'journeys.fill', 'cases.work', 'account.use', 'cases.read', 'cases.assign', 'journeys.fill', 'cases.approve',
  'cases.follow', 'identity.administer', 'cases.opine', 'cases.supervise', 'cases.submit', 'audit.read', 'cases.work',
] // prettier-ignore

function askOf(n: number): Ask {
  const action = mix[n % mix.length] ?? 'cases.read'
  const own = !/^(cases\.(read|work|assign|approve|opine|supervise)|identity|audit)/.test(action)
  return { action, actor: own ? residentOf(n) : staffOf(n), resource: thingOf(n) }
}

function idOf(kind: string, n: number): string {
  return `01890000-0000-7000-8000-${kind}${String(n).padStart(11, '0')}`
}

function residentOf(n: number): Actor {
  if (n % 5 === 0) return holding(anonymous('web'), idOf('1', n))
  // every seventh looks at what is somebody else's
  return account(n, n % 7 === 0 ? n + 1 : n, [])
}

function staffOf(n: number): Actor {
  if (n % 17 === 0) return systemActor('timers')
  const role = n % 3 === 0 ? 'supervisor' : 'officer'
  const agency = n % 4 === 0 ? null : (agencies[(n % 5 === 0 ? n + 1 : n) % agencies.length] ?? null)
  const more: RoleBinding[] =
    n % 6 === 0
      ? [
          { role: 'administrator', agency: null },
          { role: 'auditor', agency: null },
        ]
      : []
  return account(n, n + 1, [{ role, agency, sensitive: n % 2 === 0 }, ...more])
}

function account(n: number, person: number, roles: readonly RoleBinding[]): Actor {
  return accountActor({ accountId: idOf('3', n), personId: idOf('2', person), roles, channel: 'web', level: 'substantial' })
}

function thingOf(n: number): Resource {
  return {
    id: idOf('1', n),
    personId: idOf('2', n),
    agency: agencies[n % agencies.length] ?? 'transport',
    service: 'resident_parking_permit',
    consulted: n % 3 === 0 ? [agencies[(n + 1) % agencies.length] ?? 'parks'] : [],
    proposedBy: n % 8 === 0 ? idOf('3', n % 16 === 0 ? n : n + 1) : null,
    ...(n % 9 === 0 ? { sensitivity: 'sensitive' as const } : {}),
  }
}

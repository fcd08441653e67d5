import type { Role } from '../access/index.ts'

/** An account of the demo city. Everyone is invented. */
export type DemoAccount = {
  readonly email: string
  readonly name: string
  readonly staff: boolean
  readonly roles: ReadonlyArray<{ role: Role; agency: string | null }>
  /** The crews of `city/reports.yaml` that they go out with. */
  readonly crews?: readonly string[]
}

/** The one password of all demo accounts; they exist only in the demo, on loopback. */
export const DEMO_PASSWORD = 'harbour-lantern-2026'

/** Who can sign in to the demo: a resident, an officer for everything, one for each kind of work, and the others. */
export const demoAccounts: readonly DemoAccount[] = [
  { email: 'resident@harbourview.example', name: 'Robin Example', staff: false, roles: [] },
  { email: 'officer@harbourview.example', name: 'Olu Sample', staff: true, roles: [{ role: 'officer', agency: null }] },
  { email: 'second.officer@harbourview.example', name: 'Sami Specimen', staff: true, roles: [{ role: 'officer', agency: null }] },
  { email: 'supervisor@harbourview.example', name: 'Paz Instance', staff: true, roles: [{ role: 'supervisor', agency: null }] },
  { email: 'parking@harbourview.example', name: 'Kit Pattern', staff: true, roles: [{ role: 'officer', agency: 'transport' }] },
  { email: 'fire@harbourview.example', name: 'Noor Model', staff: true, roles: [{ role: 'officer', agency: 'fire_service' }] },
  {
    email: 'crew.roads@harbourview.example',
    name: 'Ren Mockup',
    staff: true,
    roles: [{ role: 'officer', agency: 'transport' }],
    crews: ['streets_north', 'streets_south'],
  },
  {
    email: 'crew.lighting@harbourview.example',
    name: 'Lux Dummy',
    staff: true,
    roles: [{ role: 'officer', agency: 'transport' }],
    crews: ['lighting'],
  },
  { email: 'helper@harbourview.example', name: 'Uma Paragon', staff: true, roles: [{ role: 'helper', agency: 'neighbourhood_help' }] },
  { email: 'owner@harbourview.example', name: 'Ines Template', staff: true, roles: [{ role: 'service_owner', agency: null }] },
  { email: 'auditor@harbourview.example', name: 'Tal Exhibit', staff: true, roles: [{ role: 'auditor', agency: null }] },
  { email: 'admin@harbourview.example', name: 'Alex Facsimile', staff: true, roles: [{ role: 'administrator', agency: null }] },
]

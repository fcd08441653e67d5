import { addDays, type PlainDate } from '../../kernel/time.ts'
import type { Address } from '../places/index.ts'
import type { Chance } from './random.ts'
import { addressAnswer, type Resident } from './residents.ts'

/** What answers are drawn from: who asks, when, and where in the city. */
export type Draw = { readonly chance: Chance; readonly resident: Resident; readonly day: PlainDate; readonly homes: readonly Address[] }

type Answers = Record<string, unknown>

const euros = (amount: number): { amount: string; currency: string } => ({ amount: String(amount * 100), currency: 'EUR' })

/** Own answers for a service of the demo city, so that fees, criteria and outcomes differ; others take its examples. */
export function drawAnswers(service: string, draw: Draw): Answers {
  return Object.hasOwn(draws, service) ? (draws[service]?.(draw) ?? {}) : {}
}

const draws: Readonly<Record<string, (draw: Draw) => Answers>> = {
  resident_parking_permit: parking,
  library_card: library,
  change_of_address: move,
  energy_cost_benefit: energy,
  visitor_tax_return: visitorTax,
  school_place: school,
  street_event_permit: event,
  food_business_licence_renewal: food,
}

function parking({ chance, day, resident }: Draw): Answers {
  return {
    ...(chance.happens(0.04) ? { home_address: { line1: '2 Station Road', town: 'Eastmere', postcode: 'EM1 5SR' } } : {}),
    vehicle_registration: `HV${chance.one(['A', 'B', 'C', 'D', 'E', 'F'])} ${chance.whole(1000, 9999)}`,
    keeper: chance.weighted([
      ['me', 78],
      ['household', 10],
      ['employer', 6],
      ['long_hire', 4],
      ['short_hire', 2],
    ]),
    insurance_until: addDays(day, chance.whole(20, 360)),
    disabled_badge: resident.born < '1958' ? chance.happens(0.2) : chance.happens(0.05),
    emission_basis: chance.weighted([
      ['electric', 18],
      ['co2', 60],
      ['euro_class', 22],
    ]),
    co2_g_km: chance.whole(72, 198),
    emission_class: chance.weighted([
      ['euro_6', 55],
      ['euro_5', 30],
      ['euro_4_or_older', 15],
    ]),
  }
}

function library({ chance, day, resident }: Draw): Answers {
  const child = chance.happens(0.2)
  return {
    ...(child ? { full_name: childName(chance, resident), date_of_birth: addDays(day, -chance.whole(6 * 365, 13 * 365)) } : {}),
    guardian_name: resident.name,
    guardian_consent: chance.happens(0.95),
    connection: chance.weighted([
      ['lives', 74],
      ['works_or_studies', 14],
      ['staying', 9],
      ['none', 3],
    ]),
    staying_until: addDays(day, chance.whole(30, 300)),
    pickup_library: chance.one(['central', 'harbour', 'hillside']),
    interests: ['novels', 'children', 'comics', 'history', 'science', 'languages', 'cooking'].filter(() => chance.happens(0.3)),
  }
}

function move({ chance, day, resident, homes }: Draw): Answers {
  const away = chance.happens(0.3)
  return {
    new_home_in_city: chance.happens(0.98),
    moving_date: addDays(day, chance.whole(-60, 25)),
    old_address: away
      ? { line1: `${chance.whole(1, 90)} Mill Street`, town: 'Eastmere', postcode: 'EM4 1MS' }
      : addressAnswer(chance.one(homes)),
    new_address: addressAnswer(resident.home),
    anyone_else: chance.happens(0.45),
    people_moving: Array.from({ length: chance.whole(1, 4) }, () => ({
      person_name: childName(chance, resident),
      person_date_of_birth: addDays(day, -chance.whole(300, 6_000)),
      relationship: 'child',
    })),
    home_right: chance.weighted([
      ['tenant', 60],
      ['owner', 30],
      ['guest', 10],
    ]),
    host_name: childName(chance, resident),
  }
}

function energy({ chance, resident }: Draw): Answers {
  const size = chance.weighted([
    [1, 34],
    [2, 28],
    [3, 16],
    [4, 14],
    [5, 6],
    [7, 2],
  ])
  const earners = Math.min(
    size,
    chance.weighted([
      [1, 55],
      [2, 40],
      [3, 5],
    ]),
  )
  return {
    main_home_in_city: chance.happens(0.98),
    household_size: size,
    members: Array.from({ length: earners }, (_, index) => ({
      member_name: index === 0 ? resident.name : childName(chance, resident),
      income_kind: chance.weighted([
        ['wages', 45],
        ['pension', 30],
        ['benefits', 15],
        ['own_business', 7],
        ['no_income', 3],
      ]),
      monthly_income: euros(chance.whole(38, 150) * 10),
    })),
    needs_warmth: chance.happens(0.35),
    pays_own_energy: chance.happens(0.95),
    heating_kind: chance.weighted([
      ['gas', 45],
      ['electricity', 30],
      ['district', 12],
      ['oil', 8],
      ['wood', 5],
    ]),
    monthly_energy_cost: euros(chance.whole(28, 210)),
    account_holder: resident.name,
  }
}

function visitorTax({ chance, day, resident }: Draw): Answers {
  const period = chance.weighted([
    ['month', 70],
    ['quarter', 30],
  ])
  const beds = chance.weighted([
    [chance.whole(2, 8), 50],
    [chance.whole(9, 40), 35],
    [chance.whole(41, 260), 15],
  ])
  const nights = Math.floor(beds * (period === 'month' ? 28 : 88) * (0.15 + chance.next() * 0.7))
  return {
    business_name: `${resident.familyName} ${chance.one(['Guest House', 'Rooms', 'Hotel', 'Hostel'])}`,
    lodging_number: `HVL-${String(chance.whole(1, 99_999)).padStart(5, '0')}`,
    lodging_class: chance.weighted([
      ['guest_house', 30],
      ['holiday_let', 35],
      ['hotel_other', 15],
      ['hotel_4_5_stars', 8],
      ['hostel', 8],
      ['campsite', 4],
    ]),
    beds,
    period_kind: period,
    period_start: periodBefore(
      day,
      period === 'quarter',
      chance.weighted([
        [1, 85],
        [2, 15],
      ]),
    ),
    is_correction: chance.happens(0.12),
    already_paid: euros(chance.whole(0, 900)),
    nights_stayed: nights,
    has_exempt: nights > 40 && chance.happens(0.4),
    exempt_groups: [{ exempt_reason: chance.one(['child', 'medical']), exempt_nights: chance.whole(1, 30) }],
  }
}

/** The first day of a month or quarter that is over. */
function periodBefore(day: PlainDate, quarter: boolean, back: number): string {
  const month = Number(day.slice(0, 4)) * 12 + Number(day.slice(5, 7)) - 1
  const first = quarter ? (Math.floor(month / 3) - back) * 3 : month - back
  return `${Math.floor(first / 12)}-${String((first % 12) + 1).padStart(2, '0')}-01`
}

function school({ chance, day, resident }: Draw): Answers {
  const schools = ['old_town_school', 'harbour_school', 'hillside_school', 'riverside_school']
  const first = chance.whole(0, 3)
  const choice = (offset: number): string => schools[(first + offset) % 4] ?? ''
  return {
    parent_role: chance.weighted([
      ['parent', 90],
      ['guardian', 7],
      ['foster_carer', 3],
    ]),
    child_name: childName(chance, resident),
    child_date_of_birth: addDays(
      day,
      -chance.weighted([
        [chance.whole(1_850, 2_500), 60],
        [chance.whole(2_501, 5_700), 36],
        [chance.whole(1_300, 1_800), 4],
      ]),
    ),
    home_district: chance.happens(0.97) ? resident.home.district : 'outside',
    has_siblings: chance.happens(0.4),
    siblings: [{ sibling_name: childName(chance, resident), sibling_school: chance.one(schools) }],
    first_choice: choice(0),
    second_choice: choice(1),
    third_choice: choice(2),
    has_needs: chance.happens(0.14),
    gets_income_support: chance.happens(0.22),
  }
}

function event({ chance, day, resident }: Draw): Answers {
  const kind = chance.weighted([
    ['street_party', 45],
    ['market', 20],
    ['sports', 15],
    ['concert', 12],
    ['parade', 8],
  ])
  const people = kind === 'street_party' ? chance.whole(20, 260) : chance.whole(60, 2_400)
  const starts = addDays(day, people > 500 ? chance.whole(52, 180) : chance.whole(26, 150))
  const activities = ['food', 'music', 'structures'].filter(() => chance.happens(0.5))
  return {
    organiser_kind:
      kind === 'street_party'
        ? chance.weighted([
            ['neighbours', 80],
            ['club', 20],
          ])
        : chance.weighted([
            ['club', 40],
            ['charity', 25],
            ['business', 35],
          ]),
    organisation_name: `${resident.familyName} ${chance.one(['Club', 'Society', 'Company'])}`,
    event_name: `${resident.home.line1.replace(/^\S+ /, '')} ${chance.one(['Spring', 'Summer', 'Lantern', 'Harbour', 'Autumn'])} ${chance.one(['Party', 'Fair', 'Day', 'Run'])}`,
    event_kind: kind,
    event_starts: starts,
    event_ends: addDays(
      starts,
      chance.weighted([
        [0, 70],
        [1, 20],
        [2, 10],
      ]),
    ),
    event_place: { lat: resident.home.lat, long: resident.home.long, note: resident.home.line1.replace(/^\S+ /, '') },
    road_closed: chance.happens(0.6),
    expected_people: people,
    activities: activities.length > 0 ? activities : ['none_of_these'],
    food_stalls: chance.whole(1, 24),
    music_until: chance.weighted([
      ['by_20', 30],
      ['by_22', 63],
      ['after_22', 7],
    ]),
  }
}

function food({ chance, day, resident, homes }: Draw): Answers {
  const type = chance.weighted([
    ['cafe', 30],
    ['restaurant', 28],
    ['takeaway', 16],
    ['shop', 14],
    ['market_stall', 8],
    ['caterer', 4],
  ])
  const area = chance.weighted([
    [chance.whole(18, 100), 60],
    [chance.whole(101, 300), 32],
    [chance.whole(301, 900), 8],
  ])
  const needed = type === 'market_stall' || area <= 100 ? 1 : area <= 300 ? 2 : 3
  return {
    licence_number: `HFL-${Number(day.slice(0, 4)) - 3}-${String(chance.whole(1, 99_999)).padStart(5, '0')}`,
    licence_ends: addDays(
      day,
      chance.weighted([
        [chance.whole(0, 85), 82],
        [chance.whole(-55, -1), 14],
        [chance.whole(95, 160), 4],
      ]),
    ),
    business_name: `The ${chance.one(['Copper', 'Salty', 'Lantern', 'Little', 'Blue', 'Old'])} ${chance.one(['Ladle', 'Anchor', 'Oven', 'Gull', 'Kettle', 'Pantry'])}`,
    premises_address: addressAnswer(chance.one(homes)),
    business_type: type,
    floor_area_m2: area,
    handling_changed: chance.happens(0.25),
    had_warning: chance.happens(0.1),
    trained_people: Array.from(
      {
        length: Math.max(
          1,
          needed +
            chance.weighted([
              [0, 75],
              [1, 20],
              [-1, 5],
            ]),
        ),
      },
      (_, index) => ({
        person_name: index === 0 ? resident.name : childName(chance, resident),
        certificate_date: addDays(day, -chance.whole(20, 1_150)),
        certificate_level: chance.weighted([
          ['basic', 75],
          ['advanced', 25],
        ]),
      }),
    ),
  }
}

/** Somebody of a resident's family. */
function childName(chance: Chance, resident: Resident): string {
  return `${chance.one(['Robin', 'Sky', 'River', 'Sol', 'Luz', 'Nur', 'Rayan', 'Noa', 'Ari', 'Mar'])} ${resident.familyName}`
}

import type { Words } from '../payments/index.ts'

/** A sort of bill of the demo city: how often there is one, and from how much to how much, in cents. */
export type BillKind = {
  readonly share: number
  readonly agency: string
  readonly revenue: 'fee' | 'fine' | 'charge'
  readonly cents: readonly [from: number, to: number]
  readonly title: Words
  readonly law: Words
}

const code = (en: string, es: string, ar: string): Words => ({ en, es, ar })

/** What agencies of the demo city send bills for beside its services; the first three are those of the demo resident. */
export const billKinds: readonly BillKind[] = [
  {
    share: 20,
    agency: 'environmental_health',
    revenue: 'charge',
    cents: [2_400, 9_600],
    title: code('Collection of bulky waste', 'Recogida de residuos voluminosos', 'جمع النفايات الكبيرة الحجم'),
    law: code(
      'Harbourview Waste Code (invented), s. 12',
      'Código de Residuos de Harbourview (inventado), art. 12',
      'قانون النفايات في هاربرفيو (مختلق)، المادة 12',
    ),
  },
  {
    share: 26,
    agency: 'transport',
    revenue: 'fine',
    cents: [3_000, 9_000],
    title: code('Parking fine', 'Multa de aparcamiento', 'غرامة وقوف'),
    law: code(
      'Harbourview Parking Code, s. 21',
      'Código de Aparcamiento de Harbourview, art. 21',
      'قانون وقوف السيارات في هاربرفيو، المادة 21',
    ),
  },
  {
    share: 18,
    agency: 'education',
    revenue: 'charge',
    cents: [4_500, 12_000],
    title: code('School meals, one month', 'Comedor escolar, un mes', 'وجبات مدرسية لشهر واحد'),
    law: code(
      'Harbourview Schools Act (invented), s. 30',
      'Ley de Escuelas de Harbourview (inventada), art. 30',
      'قانون المدارس في هاربرفيو (مختلق)، المادة 30',
    ),
  },
  {
    share: 22,
    agency: 'library',
    revenue: 'charge',
    cents: [500, 3_500],
    title: code('Lost or late books', 'Libros perdidos o devueltos tarde', 'كتب مفقودة أو متأخرة'),
    law: code('Harbourview Library Rules, s. 6', 'Reglamento de Bibliotecas de Harbourview, art. 6', 'لائحة مكتبات هاربرفيو، المادة 6'),
  },
  {
    share: 14,
    agency: 'business_licensing',
    revenue: 'fee',
    cents: [6_000, 24_000],
    title: code('Market stall, one quarter', 'Puesto de mercado, un trimestre', 'كشك في السوق لثلاثة أشهر'),
    law: code(
      'Harbourview Markets Code (invented), s. 8',
      'Código de Mercados de Harbourview (inventado), art. 8',
      'قانون الأسواق في هاربرفيو (مختلق)، المادة 8',
    ),
  },
]

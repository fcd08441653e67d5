import { inLanguage } from '../../kernel/text.ts'
import type { Chance } from './random.ts'

type Texts = ReadonlyArray<Readonly<Record<string, string>>>

/** What officers and residents of the demo city write. */
const texts = {
  granted: [
    { en: 'Everything that the rules ask for is there.', es: 'Se cumple todo lo que piden las normas.', ar: 'كل ما تطلبه القواعد متوفر.' },
    {
      en: 'We checked your answers and agree with them.',
      es: 'Hemos comprobado sus respuestas y estamos de acuerdo.',
      ar: 'راجعنا إجاباتك ونوافق عليها.',
    },
  ],
  refused: [
    {
      en: 'One of the conditions is not met. You find it in your answers.',
      es: 'No se cumple una de las condiciones. La encontrará en sus respuestas.',
      ar: 'أحد الشروط غير مستوفى، وستجده في إجاباتك.',
    },
    {
      en: 'The papers you sent do not show what you told us.',
      es: 'Los documentos que envió no muestran lo que nos dijo.',
      ar: 'الوثائق التي أرسلتها لا تُثبت ما ذكرته لنا.',
    },
  ],
  step: [
    {
      en: 'This is the next step for your application.',
      es: 'Este es el siguiente paso de su solicitud.',
      ar: 'هذه هي الخطوة التالية لطلبك.',
    },
  ],
  request: [
    {
      en: 'Please send a clearer copy of the paper you added.',
      es: 'Envíe, por favor, una copia más clara del documento.',
      ar: 'يرجى إرسال نسخة أوضح من الوثيقة.',
    },
    {
      en: 'Please tell us since when you live at this address.',
      es: 'Díganos, por favor, desde cuándo vive en esta dirección.',
      ar: 'يرجى إخبارنا منذ متى تسكن في هذا العنوان.',
    },
  ],
  answer: [
    { en: 'Here is what you asked for.', es: 'Aquí tiene lo que pidió.', ar: 'هذا ما طلبتموه.' },
    { en: 'I have lived here since last spring.', es: 'Vivo aquí desde la primavera pasada.', ar: 'أسكن هنا منذ الربيع الماضي.' },
  ],
  question: [{ en: 'How much longer will it take?', es: '¿Cuánto falta todavía?', ar: 'كم من الوقت بقي؟' }],
  reply: [{ en: 'We are looking at it this week.', es: 'Lo estamos mirando esta semana.', ar: 'ننظر في طلبك هذا الأسبوع.' }],
  note: [{ en: 'Compared with the register: fits.', es: 'Comparado con el registro: coincide.', ar: 'قورن بالسجل: مطابق.' }],
  no_objection: [{ en: 'No objection.', es: 'Sin objeciones.', ar: 'لا اعتراض.' }],
  conditions: [
    {
      en: 'Keep a way of four metres free for fire engines.',
      es: 'Dejen libre un paso de cuatro metros para los bomberos.',
      ar: 'اتركوا ممرًا بعرض أربعة أمتار لسيارات الإطفاء.',
    },
  ],
  objection: [
    {
      en: 'The place is too narrow for this many people.',
      es: 'El lugar es demasiado estrecho para tanta gente.',
      ar: 'المكان أضيق من أن يتسع لهذا العدد.',
    },
  ],
} as const satisfies Record<string, Texts>

/** A kind of thing that is written. */
export type Said = keyof typeof texts

/** Something of this kind, in a language. */
export function saying(chance: Chance, said: Said, language: string): string {
  return inLanguage(chance.one<Readonly<Record<string, string>>>(texts[said]), language).text
}

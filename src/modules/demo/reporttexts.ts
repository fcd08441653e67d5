import { inLanguage } from '../../kernel/text.ts'
import type { Chance } from './random.ts'

type Texts = ReadonlyArray<Readonly<Record<string, string>>>

/** What people of the demo city report, by category; the others are reported without words. */
const reported: Readonly<Record<string, Texts>> = {
  pothole: [
    {
      en: 'Deep hole right where bicycles go.',
      es: 'Un bache profundo justo por donde pasan las bicicletas.',
      ar: 'حفرة عميقة في مسار الدراجات تمامًا.',
    },
    {
      en: 'The hole from last winter is open again and full of water.',
      es: 'El bache del invierno pasado se ha vuelto a abrir y está lleno de agua.',
      ar: 'انفتحت حفرة الشتاء الماضي من جديد وامتلأت بالماء.',
    },
    {
      en: 'Cars swerve around it into the other lane.',
      es: 'Los coches lo esquivan invadiendo el otro carril.',
      ar: 'تنحرف السيارات عنها إلى المسار المقابل.',
    },
  ],
  broken_pavement: [
    {
      en: 'Two slabs stand up. My mother fell here.',
      es: 'Dos losas están levantadas. Mi madre se cayó aquí.',
      ar: 'بلاطتان مرتفعتان. وقعت أمي هنا.',
    },
    { en: 'Not passable with a wheelchair.', es: 'No se puede pasar con silla de ruedas.', ar: 'لا يمكن المرور بكرسي متحرك.' },
  ],
  street_light: [
    { en: 'The lamp has been dark for a week.', es: 'La farola lleva una semana apagada.', ar: 'المصباح مطفأ منذ أسبوع.' },
    { en: 'It goes on and off all night.', es: 'Se enciende y se apaga toda la noche.', ar: 'يضيء وينطفئ طوال الليل.' },
  ],
  traffic_light: [
    { en: 'Green for walkers does not come at all.', es: 'El verde para peatones no llega nunca.', ar: 'الضوء الأخضر للمشاة لا يظهر إطلاقًا.' },
  ],
  illegal_dumping: [
    {
      en: 'A mattress and three bags behind the wall.',
      es: 'Un colchón y tres bolsas detrás del muro.',
      ar: 'مرتبة وثلاثة أكياس خلف الجدار.',
    },
    {
      en: 'Building rubble again, always at the end of the week.',
      es: 'Otra vez escombros, siempre a final de semana.',
      ar: 'أنقاض بناء من جديد، دائمًا في نهاية الأسبوع.',
    },
  ],
  overflowing_bin: [
    {
      en: 'Full since Saturday, the gulls spread it.',
      es: 'Llena desde el sábado; las gaviotas lo esparcen.',
      ar: 'ممتلئة منذ السبت والنوارس تنثر ما فيها.',
    },
  ],
  litter: [{ en: 'Broken glass all over the steps.', es: 'Cristales rotos por toda la escalera.', ar: 'زجاج مكسور على الدرج كله.' }],
  graffiti: [{ en: 'On the wall of the school.', es: 'En el muro de la escuela.', ar: 'على جدار المدرسة.' }],
  damaged_tree: [
    { en: 'A large branch hangs over the path.', es: 'Una rama grande cuelga sobre el camino.', ar: 'غصن كبير يتدلى فوق الممر.' },
  ],
  playground: [{ en: 'The swing has a broken chain.', es: 'El columpio tiene una cadena rota.', ar: 'سلسلة الأرجوحة مكسورة.' }],
  blocked_drain: [
    { en: 'At each rain the corner is under water.', es: 'Con cada lluvia la esquina se inunda.', ar: 'مع كل مطر تغمر المياه الزاوية.' },
  ],
  rats: [
    {
      en: 'Several of them, also by day, near the containers.',
      es: 'Varias, también de día, junto a los contenedores.',
      ar: 'عدد منها، حتى في النهار، قرب الحاويات.',
    },
  ],
  abandoned_vehicle: [
    {
      en: 'Has not moved for months and has no wheels any more.',
      es: 'No se ha movido en meses y ya no tiene ruedas.',
      ar: 'لم تتحرك منذ أشهر ولم تعد لها عجلات.',
    },
  ],
  noise: [{ en: 'A fan runs day and night.', es: 'Un ventilador funciona día y noche.', ar: 'مروحة تعمل ليلًا ونهارًا.' }],
}

/** What crews and reporters add. */
const said = {
  fixed: [
    { en: 'Done this morning.', es: 'Hecho esta mañana.', ar: 'أُنجز هذا الصباح.' },
    { en: 'Mended for good, not only patched.', es: 'Reparado del todo, no solo parcheado.', ar: 'أُصلح بالكامل وليس ترقيعًا فقط.' },
  ],
  broken: [
    { en: 'It is open again already.', es: 'Ya está otra vez igual.', ar: 'عادت المشكلة من جديد.' },
    { en: 'Nobody was here. It looks as before.', es: 'No ha venido nadie. Está como antes.', ar: 'لم يأتِ أحد. الحال كما كان.' },
  ],
  not_ours: [{ en: 'We passed it on today.', es: 'Lo hemos remitido hoy.', ar: 'أحلناه اليوم.' }],
  no_action: [{ en: 'We looked at it on the spot.', es: 'Lo hemos visto sobre el terreno.', ar: 'عاينّاه في المكان.' }],
  referred: [
    {
      en: 'The whole street will be renewed, so we do not patch it before.',
      es: 'Se renovará toda la calle, por eso no se parchea antes.',
      ar: 'سيُجدَّد الشارع كله، لذلك لا نرقّعه قبل ذلك.',
    },
  ],
  waiting: [
    { en: 'A spare part is ordered.', es: 'La pieza de repuesto está pedida.', ar: 'طُلبت قطعة الغيار.' },
    {
      en: 'We secured the place and come back with the right machine.',
      es: 'Hemos asegurado el lugar y volveremos con la máquina adecuada.',
      ar: 'أمّنّا المكان وسنعود بالآلة المناسبة.',
    },
  ],
} as const satisfies Record<string, Texts>

/** What somebody reports of a category, in a language; empty when people say nothing to it. */
export function reportText(chance: Chance, category: string, language: string): string {
  const texts = reported[category]
  return texts ? inLanguage(chance.one(texts), language).text : ''
}

/** What is added to a report, in a language. */
export function reportWords(chance: Chance, kind: keyof typeof said, language: string): string {
  return inLanguage(chance.one<Readonly<Record<string, string>>>(said[kind]), language).text
}

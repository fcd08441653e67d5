/** Letters that do not come apart into a Latin letter and its marks, and how EPC217-08 or common use writes them. */
const LETTERS: Readonly<Record<string, string>> = Object.fromEntries(
  [
    'ß ss ẞ SS æ ae Æ AE œ oe Œ OE ø o Ø O đ d Đ D ð d Ð D þ th Þ TH ł l Ł L ı i ŋ n Ŋ N ħ h Ħ H ŧ t Ŧ T ə a',
    // Greek (EPC217-08, Greek alphabet)
    'α a β v γ g δ d ε e ζ z η i θ th ι i κ k λ l μ m ν n ξ x ο o π p ρ r σ s ς s τ t υ y φ f χ ch ψ ps ω o',
    'Α A Β V Γ G Δ D Ε E Ζ Z Η I Θ TH Ι I Κ K Λ L Μ M Ν N Ξ X Ο O Π P Ρ R Σ S Τ T Υ Y Φ F Χ CH Ψ PS Ω O',
    // Cyrillic (EPC217-08, Bulgarian; the rest of Russian, Ukrainian and Serbian in the same manner)
    'а a б b в v г g д d е e ж zh з z и i й y к k л l м m н n о o п p р r с s т t у u ф f х h ц ts ч ch ш sh щ sht ъ a ь y ю yu я ya',
    'А A Б B В V Г G Д D Е E Ж ZH З Z И I Й Y К K Л L М M Н N О O П P Р R С S Т T У U Ф F Х H Ц TS Ч CH Ш SH Щ SHT Ъ A Ь Y Ю YU Я YA',
    'ы y э e ё yo є ye і i ї yi ґ g ђ dj ј j љ lj њ nj ћ c џ dz Ы Y Э E Ё YO Є YE І I Ї YI Ґ G Ђ DJ Ј J Љ LJ Њ NJ Ћ C Џ DZ',
    // Arabic, after the romanisation of the Library of Congress without its marks
    'ا a أ a إ i آ a ٱ a ب b ت t ث th ج j ح h خ kh د d ذ dh ر r ز z س s ش sh ص s ض d ط t ظ z ع a غ gh ف f ق q ك k ل l م m ن n ه h ة h و w ؤ w ي y ى a ئ y پ p چ ch گ g',
    '٠ 0 ١ 1 ٢ 2 ٣ 3 ٤ 4 ٥ 5 ٦ 6 ٧ 7 ٨ 8 ٩ 9',
    "€ E & + @ (at) _ - – - — - ’ ' ‘ ' “ ' ” ' ; , [ ( ] ) { ( } ) \\ / ! . # . % . * . = . ~ - | / ، ,",
  ].flatMap((line) => {
    const words = line.split(' ')
    return words.flatMap((word, at) => (at % 2 === 0 ? [[word, words[at + 1] ?? ''] as const] : []))
  }),
)

const ALLOWED = /^[A-Za-z0-9/?:().,'+ -]$/

/** Whether a text keeps to the characters of SEPA and may be an identification: no slash at its ends, no two together (EPC217-08, 6). */
export function isSepaId(text: string): boolean {
  return /^[A-Za-z0-9/?:().,'+ -]{1,35}$/.test(text) && text.trim() === text && !/^\/|\/$|\/\//.test(text)
}

/** A text in the characters that every bank of SEPA takes (EPC217-08): marks left out, letters of other scripts in Latin, else a dot. */
export function sepaText(text: string, most: number): string {
  let out = ''
  for (const symbol of text.normalize('NFC')) out += ALLOWED.test(symbol) ? symbol : latin(symbol)
  return out.replaceAll(/ +/g, ' ').trim().slice(0, most).trim()
}

function latin(symbol: string): string {
  if (/\s/u.test(symbol)) return ' '
  const known = LETTERS[symbol]
  if (known !== undefined) return known
  if (/\p{M}|\p{Cf}|\p{Lm}/u.test(symbol)) return ''
  const bare = [...symbol.normalize('NFKD')].filter((each) => !/\p{M}/u.test(each))
  const told = bare.map((each) => (ALLOWED.test(each) ? each : (LETTERS[each] ?? '.'))).join('')
  return told === '' ? '.' : told
}

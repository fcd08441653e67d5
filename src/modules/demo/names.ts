/** A language of the demo's residents: how many speak it, and invented names as [written, in Latin letters]. */
export type NameList = {
  readonly language: string
  readonly share: number
  readonly given: readonly Name[]
  readonly family: readonly Name[]
}

type Name = readonly [written: string, latin: string]

const latin = (names: string): Name[] =>
  names.split(' ').map((name): Name => [
    name,
    name
      .normalize('NFD')
      .replaceAll(/[^A-Za-z]/g, '')
      .toLowerCase(),
  ])

const both = (names: string): Name[] =>
  names.split(' ').map((pair): Name => {
    const [written = '', plain = ''] = pair.split('/')
    return [written, plain]
  })

/** The names of the demo's residents; together they are nobody's. */
export const nameLists: readonly NameList[] = [
  {
    language: 'en',
    share: 55,
    given: latin(
      'Ada Alba Alfie Amber Arlo Bea Bram Cleo Cora Dora Edie Edwin Effie Elsie Ezra Fern Flora Freya Greta Hazel Hugo Imogen Iris Ivor Jasper Juno Kit Lark Linus Mabel Mae Miles Nell Nico Olive Orla Otis Pearl Percy Piers Quill Rowan Ruby Silas Tess Toby Una Wren Yara Zoe',
    ),
    family: latin(
      'Anchorby Barrelman Beaconby Bellwharf Bollard Brackenhythe Brinewell Buoyton Capstanley Chandlerby Cockleford Coveley Dockray Driftwood Ebbworth Fenwharf Ferrymoor Foghorn Gangwell Gullane Halyarde Harbourne Herringate Keelby Kelpworth Lanternby Mastley Mooring Netherquay Oarwell Pebblegate Pierpoint Quayle Reefton Saltholme Sandling Seagrove Shoalby Tidewell Wharfedale',
    ),
  },
  {
    language: 'es',
    share: 30,
    given: latin(
      'Abril Adrián Alba Álvaro Aitana Bruno Candela Celia Clara Claudia Darío Elena Elisa Emilio Fabián Gael Gonzalo Inés Irene Iván Jimena Julia Lara Leo Lola Lucas Lucía Marcos Marina Mateo Nadia Nora Olga Pablo Pilar Raúl Rocío Sara Sofía Teo',
    ),
    family: latin(
      'Arenalta Bahíamar Barcaza Brisamar Calafría Caracola Coralera Delmuelle Dunaclara Escollera Espigón Estrellamar Farolero Gaviotín Islarena Lonjamar Mareante Marejada Marisma Navalía Olaverde Peñamar Playaluz Puertolargo Remoalto Rompeolas Salinera Timonel Velamar Vientosur',
    ),
  },
  {
    language: 'ar',
    share: 15,
    given: both(
      'أمل/amal باسم/basim بسمة/basma تالا/tala جود/joud حازم/hazim حلا/hala دانة/dana رامي/rami رنا/rana زياد/ziad سامر/samir سلمى/salma شادي/shadi عادل/adel غيث/ghaith فرح/farah كريم/karim لمى/lama ليث/laith مازن/mazin مها/maha نادر/nadir نور/nour هدى/huda هيثم/haitham وليد/walid ياسر/yasir',
    ),
    family: both(
      'المرفئي/almarfai البحاري/albahhari الشراعي/alshirai الموجي/almawji الساحلي/alsahili المنارة/almanara الصدفي/alsadafi المرجاني/almurjani القاربي/alqaribi المجدافي/almijdafi النورسي/alnawrasi الرصيفي/alrasifi الخليجان/alkhalijan الريحاني/alrihani المرساة/almirsat الشاطئي/alshatii',
    ),
  },
]

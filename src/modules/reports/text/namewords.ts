const words = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/).filter((word) => word !== ''))

/**
 * Usual given names, folded; few of them are ordinary words as well. A name counts only with a family name behind it, so
 * that the list need not be long: titles, "my neighbour" and the names of the reporter find the rest.
 */
export const givenNames = words(`
james john robert michael william david richard joseph thomas charles christopher daniel matthew anthony donald steven paul andrew joshua
kenneth kevin brian george timothy ronald edward jason jeffrey ryan jacob nicholas gary eric jonathan stephen larry scott brandon benjamin
samuel gregory patrick alexander jack dennis jerry tyler aaron henry adam nathan peter zachary kyle walter ethan jeremy harold keith
roger arthur lawrence sean christian austin joe noah jesse albert bryan billy bruce willie jordan dylan alan ralph gabriel roy juan wayne
mary patricia jennifer linda elizabeth barbara susan jessica sarah karen nancy lisa betty margaret sandra ashley kimberly emily donna
michelle carol amanda melissa deborah stephanie rebecca laura sharon cynthia kathleen amy angela shirley anna brenda pamela emma nicole
helen samantha katherine christine debra rachel carolyn janet catherine maria heather diane ruth julie olivia joyce virginia kelly lauren
christina joan evelyn judith megan andrea cheryl hannah jacqueline martha gloria teresa sara madison frances kathryn janice jean abigail
alice julia judy sophia denise doris marilyn danielle beverly isabella theresa diana natalie brittany charlotte marie kayla alexis lori
hans klaus jurgen gunter wolfgang dieter manfred uwe heinz helmut stefan andreas matthias markus sebastian florian tobias jan lukas felix
moritz jonas leon max maximilian philipp ralf rainer bernd jorg horst karl kurt fritz gerhard werner ursula monika petra sabine renate
helga karin brigitte ingrid erika gisela susanne claudia birgit heike martina katharina johanna lena lea leonie anja nadine silke tanja
jose antonio manuel francisco javier carlos jesus miguel rafael pedro angel alejandro fernando luis sergio pablo jorge alberto alvaro
diego raul enrique ruben ivan vicente ramon oscar joaquin santiago eduardo victor mario ignacio andres jaime gonzalo hugo mateo
carmen josefa isabel dolores pilar francisca ana antonia lucia mercedes cristina rosario juana marta raquel manuela beatriz silvia irene
encarnacion rosa montserrat concepcion elena ines alba paula nuria sofia rocio yolanda
pierre jacques philippe alain bernard francois giovanni giuseppe luca marco paolo mehmet ahmet mustafa ali hasan huseyin fatma ayse emine
muhammad mohammed mohamed ahmed mahmoud omar khaled khalid hassan hussein ibrahim yusuf youssef abdullah fatima aisha mariam layla
محمد احمد محمود مصطفي عبدالله عبدالرحمن خالد يوسف ابراهيم عمر حسن حسين سامر طارق سعيد سليمان عثمان فاطمه عائشه مريم خديجه زينب ليلي سلمي هدي ياسر وليد مازن حازم زياد
`)

/** Words between the parts of a name. */
export const connectives = words(
  'van von de del der den la las los da di du bin ibn al el y zu zur zum ten ter af bint بن ابن بنت ال ابو ام',
)

/** Folded words that make what stands around them the name of a place. */
export const placeWords = words(`
street st road rd avenue ave lane ln drive boulevard blvd court ct place pl square sq way terrace crescent close alley row path trail park
parkway pkwy highway hwy bridge school academy college university church cathedral chapel hospital clinic library museum station stadium
theatre theater hall house building centre center garden gardens playground cemetery tower market plaza memorial airport hotel mall arena
monument statue foundation institute wharf quay harbour harbor pier dock bay beach river creek hill hills heights estate estates village woods wood forest valley ridge farm farms springs commons mill mills point island lake manor gate rear side
calle avenida avda paseo plaza plazuela camino carretera ronda glorieta parque colegio instituto escuela iglesia hospital biblioteca puente estacion
strasse straße str weg platz allee gasse ring damm ufer park schule gymnasium kirche brucke haus krankenhaus bahnhof friedhof stadion gurtel
rue boulevard chemin pont gare via piazza corso viale
شارع طريق ميدان ساحه حي حديقه مدرسه مسجد جامع مستشفي جامعه مكتبه جسر محطه دوار كورنيش مركز سوق مقبره زقاق حاره نادي
`)

/** Folded words behind which a person's name is the name of a place. */
export const streetBefore = words(`
calle c avenida avda av paseo plaza plazuela camino carretera ronda glorieta parque colegio instituto ceip ies escuela iglesia hospital biblioteca puente estacion
rue avenue boulevard place via piazza corso viale st saint san santa santo sankt st. school church park street bridge college statue monument
شارع طريق ميدان ساحه حي حديقه مدرسه مسجد جامع مستشفي جامعه مكتبه جسر محطه دوار مركز سوق نادي
`)

/** How folded names of streets end when they are one word or joined with hyphens. */
export const streetEnd = /(?:strasse|straße|str|platz|platzes|weg|allee|gasse|ring|damm|ufer|schule|brucke|kirche|gurtel|park|haus)$/

/** Folded words that begin with a capital, or stand behind a title, and are no name. */
export const notNames = words(`
i the a an and or but if it its he she they we you my our your his her their this that these those there here who what when where why how
is are was were has have had will would can could should do does did not no yes please thank thanks hello hi dear sir madam all both mr mrs ms dr prof professor doctor herr frau
on in at of for from with to by near next behind opposite since because still already again also very
monday tuesday wednesday thursday friday saturday sunday january february march april may june july august september october november december
north south east west street road city council police fire department agency office mayor manager officer driver neighbour neighbor owner
american british german spanish french italian arab living walking writing reporting concerned disabled resident
der die das den dem ein eine einen einem einer und oder aber wenn er sie es wir ihr ich ist sind war hat haben wird kann nicht kein keine
bitte danke hallo guten tag am im in an auf aus bei mit nach von vor zu zum zur hinter neben gegenuber seit damen herren oberburgermeister burgermeister
burgermeisterin oberburgermeisterin doktor nachbar nachbarn nachbarin polizei stadt amt ordnungsamt montag dienstag mittwoch donnerstag freitag samstag sonntag
januar februar marz mai juni juli oktober dezember anwohner anwohnerin radfahrer
el los las un una unos unas y o pero si no ya esta este esto ese eso que quien cuando donde como con sin por para desde hasta hay es son era fue
tiene gracias hola senor senora alcalde alcaldesa concejal policia ayuntamiento lunes martes miercoles jueves viernes sabado domingo enero febrero
marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre vecino vecina su mi
في من الي علي عن مع هذا هذه ذلك تلك هو هي هم نحن انا كان كانت قد لا ما لم لن ان او ثم بعد قبل منذ عند امام خلف بجانب قرب يوجد توجد هناك
رئيس البلديه المدير الشرطه البلديه الوزير المحافظ المسؤول الموظف الساكن الذي التي
`)

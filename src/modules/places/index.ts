export { loadPlaces, type Places } from './gazetteer.ts'
export { contains, districtOf, type Address, type District, type Position, type Street } from './places.ts'

export { loadPlaces, type Places } from './gazetteer.ts'
export { metresBetween, type Bounds, type Point } from './geometry.ts'
export type { NamedPlace } from './names.ts'
export type { Near } from './nearby.ts'
export { contains, districtOf, type Address, type District, type Nature, type Position, type Street } from './places.ts'
export { parsePosition, type PositionRead } from './position.ts'
export { type Chosen, type Look, lookAt, readChooser } from './map/chooser.ts'
export { placeLabel } from './map/label.ts'
export { mapRoutes, type MapParts } from './map/routes.ts'
export { openTiles, type TilesFile } from './map/tiles.ts'
export {
  mapField, mapPicture, mapView, type ChooserOptions, type MapViewOptions, type PictureOptions,
} from './map/views.ts' // prettier-ignore
export { pictureAddress } from './map/address.ts'

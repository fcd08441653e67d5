/** One field of a protocol buffer: a varint, or bytes with their length. */
function field(number: number, value: number | Buffer): Buffer {
  if (typeof value === 'number') return Buffer.concat([varint(number * 8), varint(value)])
  return Buffer.concat([varint(number * 8 + 2), varint(value.length), value])
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128)
  return Buffer.from([...bytes, rest])
}

const zigzag = (value: number): number => (value < 0 ? -2 * value - 1 : 2 * value)

/** A vector tile (MVT 2) of land from edge to edge. */
function landTile(): Buffer {
  const square = [9, 0, 0, 26, 4096, 0, 0, 4096, -4096, 0, 15]
  const geometry = square.map((part, at) => ([0, 3, 10].includes(at) ? part : zigzag(part)))
  const feature = Buffer.concat([field(2, Buffer.concat([0, 0].map(varint))), field(3, 3), field(4, Buffer.concat(geometry.map(varint)))])
  const layer = Buffer.concat([
    field(15, 2),
    field(1, Buffer.from('earth')),
    field(2, feature),
    field(3, Buffer.from('kind')),
    field(4, field(1, Buffer.from('earth'))),
    field(5, 4096),
  ])
  return field(3, layer)
}

/** A PMTiles file (version 3) with the same tile everywhere to zoom 15, and whose data it is. */
export function tilesFile(attribution: string): Buffer {
  const tile = landTile()
  const every = (4 ** 16 - 1) / 3
  const directory = Buffer.concat([1, 0, every, tile.length, 1].map(varint))
  const notes = Buffer.from(JSON.stringify({ attribution, vector_layers: [{ id: 'earth', fields: { kind: 'String' } }] }))
  const head = Buffer.alloc(127)
  head.write('PMTiles', 'latin1')
  head[7] = 3
  const [notesAt, dataAt] = [127 + directory.length, 127 + directory.length + notes.length]
  for (const [at, value] of [127, directory.length, notesAt, notes.length, dataAt, 0, dataAt, tile.length, every, 1, 1].entries())
    head.writeBigUInt64LE(BigInt(value), 8 + at * 8)
  head.set([1, 1, 1, 1, 0, 15], 96)
  for (const [at, degrees] of [-180, -85, 180, 85].entries()) head.writeInt32LE(degrees * 1e7, 102 + at * 4)
  return Buffer.concat([head, directory, notes, tile])
}

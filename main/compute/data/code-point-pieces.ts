/**
 * Cuts a text into `count` pieces of equal length, counted in code points as Python does; the last ones
 * may be shorter or empty.
 */
export function codePointPieces(text: string, count: number): string[] {
  const points = codePoints(text);
  const length = Math.floor((points - 1) / count) + 1;
  const pieces: string[] = [];
  let start = 0;
  for (let piece = 0; piece < count; piece++) {
    let end = start;
    for (let point = 0; point < length && end < text.length; point++) end += unitsAt(text, end);
    pieces.push(text.slice(start, end));
    start = end;
  }
  return pieces;
}

function codePoints(text: string): number {
  let points = 0;
  for (let at = 0; at < text.length; at += unitsAt(text, at)) points++;
  return points;
}

/** UTF-16 units of the code point at a place. */
function unitsAt(text: string, at: number): number {
  return text.codePointAt(at)! > 0xffff ? 2 : 1;
}

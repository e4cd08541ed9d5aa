/** Seeds as people write them: `0, 1, 5-7`. Undefined where the text is no list of seeds. */
export function parseSeeds(text: string): number[] | undefined {
  const seeds: number[] = [];
  for (const part of text.split(/[\s,]+/).filter((word) => word !== '')) {
    const [, first, last = first] = /^(\d{1,10})(?:[-–](\d{1,10}))?$/.exec(part) ?? [];
    const [from, to] = [Number(first), Number(last)];
    if (first === undefined || to < from || to - from >= 64) return undefined;
    for (let seed = from; seed <= to; seed++) seeds.push(seed);
  }
  return seeds.length > 0 ? seeds : undefined;
}

/** The way back: neighbours that follow each other as a range. */
export function formatSeeds(seeds: readonly unknown[]): string {
  const parts: string[] = [];
  for (let start = 0; start < seeds.length;) {
    let end = start;
    while (Number(seeds[end + 1]) === Number(seeds[end]) + 1) end++;
    if (end - start >= 2) parts.push(`${String(seeds[start])}-${String(seeds[end])}`);
    else parts.push(...seeds.slice(start, end + 1).map(String));
    start = end + 1;
  }
  return parts.join(', ');
}

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openTextPacker, type Packer } from '../../../main/compute/data/packing.ts';
import { ModelTokenizer } from '../../../main/compute/model/tokenizer.ts';
import { openTokenizerOf } from '../../../main/formats/model-folder.ts';
import { openSafetensors } from '../../../main/formats/safetensors.ts';
import { asText, readRecordsOf } from '../../../main/formats/token-records.ts';
import { packings, type PackSpec } from '../../../shared/domain/tokens.ts';

const here = import.meta.dirname;
const files = openTokenizerOf(join(here, '../../../resources/sample/model'))!;
const tokenizer = ModelTokenizer.parse(files.document, files.config, 1024, files.file);
const golden = openSafetensors(join(here, 'rows.safetensors'));
const context = 32;

async function documents(): Promise<string[]> {
  const texts: string[] = [];
  for await (const record of readRecordsOf(join(here, 'corpus.jsonl'), 'text', 'line'))
    texts.push(asText(record));
  return texts;
}

const cases = packings.flatMap((packing) =>
  [false, true].map((bos): PackSpec => ({ packing, bos, field: 'text', unit: 'line' })),
);

describe.each(cases)('rows of $packing with BOS $bos', (pack) => {
  const name = `${pack.packing}${pack.bos ? '.bos' : ''}`;
  const wanted = [...golden.ints(name)];

  it('are those that datasets and transformers make', async () => {
    const packer = openTextPacker(tokenizer, pack, context);
    const rows = [...(await documents()).flatMap((text) => packer.add(text)), ...packer.finish()];
    expect(rows.flatMap((row) => [...row])).toEqual(wanted);
  });

  it('are the same where packing goes on from a state', async () => {
    const rows: Int32Array[] = [];
    let packer: Packer<string> = openTextPacker(tokenizer, pack, context);
    for (const text of await documents()) {
      rows.push(...packer.add(text));
      const state = packer.state();
      if (state) packer = openTextPacker(tokenizer, pack, context, structuredClone(state));
    }
    rows.push(...packer.finish());
    expect(rows.flatMap((row) => [...row])).toEqual(wanted);
    expect(packer.counts.documents).toBe(1250);
  });
});

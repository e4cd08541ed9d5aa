import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openTorchZip } from '../../../../main/formats/torch-zip/torch-zip.ts';
import type { Dtype } from '../../../../shared/domain/tensors.ts';
import { hasCode } from '../../../../shared/errors.ts';
import { missingData, sharedData } from '../../../support/shared-data.ts';

const folder = `${import.meta.dirname}/../../../golden/torch-zip`;
type Expected = Record<string, { dtype: string; shape: number[]; values: number[] }>;
const expected = JSON.parse(readFileSync(`${folder}/expected.json`, 'utf8')) as Record<
  string,
  Expected
>;

const dtypes: Record<string, Dtype> = {
  'torch.float64': 'F64',
  'torch.float32': 'F32',
  'torch.float16': 'F16',
  'torch.bfloat16': 'BF16',
  'torch.int64': 'I64',
  'torch.int32': 'I32',
  'torch.int16': 'I16',
  'torch.int8': 'I8',
  'torch.uint8': 'U8',
  'torch.bool': 'BOOL',
};

describe('a file of torch.save', () => {
  it.each(['dtypes', 'views', 'module', 'nested'])(
    '%s has the tensors that PyTorch has',
    (name) => {
      const file = openTorchZip(`${folder}/${name}.pt`);
      expect([...file.tensors.keys()].sort()).toEqual(Object.keys(expected[name]!).sort());
      for (const [way, { dtype, shape, values }] of Object.entries(expected[name]!)) {
        const info = file.tensors.get(way)!;
        expect([info.dtype, info.shape], way).toEqual([dtypes[dtype], shape]);
        const isFloat = dtype.includes('float');
        const numbers = isFloat ? file.doubles(way) : file.ints(way);
        expect([...numbers], way).toEqual(values);
        if (values.length < 2) continue;
        const part = isFloat ? file.floats(way, 1, 2) : file.ints(way, 1, 2);
        expect([...part], way).toEqual([isFloat ? Math.fround(values[1]!) : values[1]!]);
      }
      file.close();
    },
  );

  it('keeps text and numbers beside its tensors', () => {
    const file = openTorchZip(`${folder}/nested.pt`);
    const document = file.document as Map<string, unknown>;
    expect(document.get('step')).toBe(3);
    expect(document.get('big')).toBe(2n ** 70n);
    expect(Object.fromEntries(document.get('config') as Map<string, unknown>)).toEqual({
      name: 'x',
      lr: 0.5,
      k: null,
      on: true,
      layers: [1, [2, 3]],
    });
    file.close();
  });

  it('is refused in the form that came before ZIP', () => {
    expect(() => openTorchZip(`${folder}/legacy.pt`)).toThrow('not a ZIP file');
  });

  it('is refused where it holds a module, which would have to be made', () => {
    try {
      openTorchZip(`${folder}/whole-module.pt`);
      expect.unreachable();
    } catch (error) {
      expect(hasCode(error, 'unsupported'), String(error)).toBe(true);
      expect(String(error)).toContain('torch.nn.modules.container.Sequential');
    }
  });
});

const checkpoint = sharedData('e2e-sae/tiny-gpt2-epoch_1.pt');
const missing = checkpoint ? '' : ` (${missingData('e2e-sae')})`;
describe.skipIf(missing)(`a checkpoint of e2e_sae${missing}`, () => {
  it('has 42 tensors, its embedding among them', () => {
    const file = openTorchZip(checkpoint ?? '');
    expect(file.tensors.size).toBe(42);
    expect(file.tensors.get('embed.W_E')).toMatchObject({ dtype: 'F32', shape: [50257, 4] });
    expect(file.floats('embed.W_E').every(Number.isFinite)).toBe(true);
    expect(file.tensors.get('blocks.0.attn.IGNORE')?.shape).toEqual([]);
    file.close();
  });
});

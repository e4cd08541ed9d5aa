import type { Dtype } from '../../../shared/domain/tensors.ts';
import type { PickleValue } from './pickle.ts';

/** A name in a pickle. It stands for itself: nothing is looked up by it, and nothing is run. */
export type Global =
  | { readonly role: 'function'; readonly name: FunctionName }
  | { readonly role: 'storage'; readonly dtype: Dtype };

/** Numbers that lie under a name in the file. */
export interface PickleStorage {
  readonly role: 'stored';
  readonly dtype: Dtype;
  readonly key: string;
  /** Numbers in it. */
  readonly count: number;
}

/** A view into a storage; offset and strides count numbers, not bytes. */
export interface PickleTensor {
  readonly role: 'tensor';
  readonly storage: PickleStorage;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

const functionNames = [
  'collections.OrderedDict',
  'torch._utils._rebuild_tensor_v2',
  'torch._utils._rebuild_parameter',
] as const;
type FunctionName = (typeof functionNames)[number];

const storages: ReadonlyMap<string, Dtype> = new Map([
  ['torch.DoubleStorage', 'F64'],
  ['torch.FloatStorage', 'F32'],
  ['torch.HalfStorage', 'F16'],
  ['torch.BFloat16Storage', 'BF16'],
  ['torch.LongStorage', 'I64'],
  ['torch.IntStorage', 'I32'],
  ['torch.ShortStorage', 'I16'],
  ['torch.CharStorage', 'I8'],
  ['torch.ByteStorage', 'U8'],
  ['torch.BoolStorage', 'BOOL'],
]);

const mostAxes = 16;

/** The name, where it is one of those that may stand in a pickle of tensors. */
export function asGlobal(name: string): Global | undefined {
  const dtype = storages.get(name);
  if (dtype) return { role: 'storage', dtype };
  const known = functionNames.find((candidate) => candidate === name);
  return known && { role: 'function', name: known };
}

/**
 * What a call in a pickle stands for, or what is wrong with it. An empty dictionary, a tensor of a
 * storage, or the tensor within a parameter; nothing else.
 */
export function call(
  callee: Global,
  values: readonly PickleValue[],
): { value: PickleValue } | string {
  if (callee.role === 'storage') return 'it makes a storage of its own';
  switch (callee.name) {
    case 'collections.OrderedDict':
      return values.length === 0 ? { value: new Map() } : 'it fills a dictionary as it makes it';
    case 'torch._utils._rebuild_parameter': {
      const [tensor] = values;
      return values.length === 3 && isTensor(tensor)
        ? { value: tensor }
        : 'a parameter is made of something other than a tensor';
    }
    case 'torch._utils._rebuild_tensor_v2':
      return rebuildTensor(values);
  }
}

/** Whether a value is a tensor. */
export function isTensor(value: PickleValue | undefined): value is PickleTensor {
  return typeof value === 'object' && value !== null && 'role' in value && value.role === 'tensor';
}

/** (storage, offset, shape, strides, requires gradient, hooks[, metadata]). */
function rebuildTensor(values: readonly PickleValue[]): { value: PickleTensor } | string {
  const [storage, offset, shape, strides] = values;
  if (values.length < 6 || values.length > 7 || !isStorage(storage))
    return 'a tensor is made of something other than a storage';
  if (!isNatural(offset) || !isNaturals(shape) || !isNaturals(strides))
    return 'the shape of a tensor is not made of whole numbers';
  if (shape.length !== strides.length || shape.length > mostAxes)
    return 'a tensor has another number of strides than of axes';
  const size = shape.reduce((product, length) => product * length, 1);
  const last = shape.reduce((sum, length, axis) => sum + (length - 1) * strides[axis]!, offset);
  if (!Number.isSafeInteger(size)) return 'a tensor is too large';
  // An empty tensor looks nowhere. One larger than its storage would repeat it without bound.
  if (size > 0 && (last >= storage.count || size > storage.count))
    return 'a tensor reaches beyond its storage';
  return { value: { role: 'tensor', storage, offset, shape, strides } };
}

function isStorage(value: PickleValue | undefined): value is PickleStorage {
  return typeof value === 'object' && value !== null && 'role' in value && value.role === 'stored';
}

function isNatural(value: PickleValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isNaturals(value: PickleValue | undefined): value is readonly number[] {
  return Array.isArray(value) && value.every((item: PickleValue) => isNatural(item));
}

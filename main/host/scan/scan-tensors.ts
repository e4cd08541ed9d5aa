import { basename } from 'node:path';
import type { TensorInfo } from '../../../shared/domain/tensors.ts';
import { AppError } from '../../../shared/errors.ts';
import { openSafetensors } from '../../formats/safetensors.ts';
import { grouped, problemOf, type Finding } from './finding.ts';

const format = 'safetensors';

/** A safetensors file that is not part of a model: token ids, labels of tokens, or something else. */
export function scanTensorFile(path: string): Finding {
  try {
    const reader = openSafetensors(path);
    const tensors = [...reader.tensors.values()];
    reader.close();
    return describeTensors(tensors, path);
  } catch (error) {
    return { kind: 'other', format, facts: [], numbers: {}, problem: problemOf(error, path) };
  }
}

function describeTensors(tensors: readonly TensorInfo[], path: string): Finding {
  const labels = tensors.filter(isByteMatrix);
  if (labels.length > 0 && labels.length === tensors.length) return describeLabels(labels);
  const tokens = tensors.find(({ name }) => name === 'input_ids') ?? tensors.find(isIdMatrix);
  if (tokens) return describeTokens(tokens, path);
  const facts = [`${grouped(tensors.length)} tensors`];
  return { kind: 'other', format, facts, numbers: { tensors: tensors.length }, problem: null };
}

function describeTokens(tokens: TensorInfo, path: string): Finding {
  const [rows = 0, context = 0] = tokens.shape;
  return {
    kind: 'tokens',
    format,
    facts: [`${grouped(rows)} rows of ${grouped(context)}`, `${grouped(tokens.size)} tokens`],
    numbers: { rows, context, tokens: tokens.size },
    problem: tokensProblem(tokens, path),
  };
}

function tokensProblem(tokens: TensorInfo, path: string): Finding['problem'] {
  const { name, dtype, shape } = tokens;
  const details = { file: path, place: name };
  if (!isInteger(tokens))
    return new AppError(
      'dtype-mismatch',
      `${basename(path)}: '${name}' holds ${dtype}, where token ids must be whole numbers. Write it as int32.`,
      details,
    ).toJSON();
  if (shape.length !== 2)
    return new AppError(
      'shape-mismatch',
      `${basename(path)}: '${name}' has the shape [${shape.join(', ')}], where [rows, context] is needed.`,
      details,
    ).toJSON();
  return null;
}

function describeLabels(labels: readonly TensorInfo[]): Finding {
  const [rows = 0, context = 0] = labels[0]!.shape;
  const odd = labels.find(({ shape }) => shape[0] !== rows || shape[1] !== context);
  const problem = odd
    ? new AppError(
        'shape-mismatch',
        `The property '${odd.name}' has the shape [${odd.shape.join(', ')}], the others [${rows}, ${context}].`,
        { place: odd.name },
      ).toJSON()
    : null;
  return {
    kind: 'labels',
    format,
    facts: [
      `${grouped(labels.length)} ${labels.length === 1 ? 'property' : 'properties'}`,
      `${grouped(rows)} rows of ${grouped(context)}`,
    ],
    numbers: { properties: labels.length, rows, context },
    problem,
  };
}

function isInteger({ dtype }: TensorInfo): boolean {
  return /^[IU](8|16|32|64)$/.test(dtype);
}

function isIdMatrix(tensor: TensorInfo): boolean {
  return tensor.shape.length === 2 && isInteger(tensor) && !isByteMatrix(tensor);
}

function isByteMatrix({ dtype, shape }: TensorInfo): boolean {
  return shape.length === 2 && (dtype === 'U8' || dtype === 'BOOL');
}

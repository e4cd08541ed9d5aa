import { AppError } from '../../../../shared/errors.ts';
import type { TrainSpec } from '../../../../shared/domain/job-spec.ts';
import type { TokenLabels } from '../../../compute/features/feature-pass.ts';
import { openSafetensors } from '../../../formats/safetensors.ts';
import { insideProject } from '../inside-project.ts';
import { openTokens } from '../tokens/prepare-tokens.ts';

/** The labels that a spec names, for the tokens over which it collects features. @throws AppError */
export function openLabelsOf(
  { features, model }: Pick<TrainSpec, 'features' | 'model'>,
  projectPath: string,
): TokenLabels | undefined {
  if (features?.labels === undefined) return undefined;
  const tokens = openTokens(projectPath, features.tokens, model);
  try {
    const rows = Array.from({ length: features.sequences }, (_, row) => row);
    const shape = { rows: rows.length, context: tokens.context };
    const labels = openTokenLabels(projectPath, features.labels, shape);
    return { ...labels, ids: tokens.read(rows) };
  } finally {
    tokens.close();
  }
}

/**
 * Reads ground truth per token: one tensor [rows, context] of 0 and 1 for each property, in the order
 * of their names. Only the first `rows` are read.
 * @throws AppError `shape-mismatch` where a tensor does not cover the tokens, `bad-input` for a value
 *   other than 0 and 1.
 */
function openTokenLabels(
  projectPath: string,
  file: string,
  tokens: { rows: number; context: number },
): Pick<TokenLabels, 'properties' | 'values'> {
  const path = insideProject(projectPath, file);
  const reader = openSafetensors(path);
  try {
    const properties = [...reader.tensors.keys()].sort();
    const values = properties.map((property) => {
      const [rows = 0, context = 0] = reader.tensors.get(property)?.shape ?? [];
      if (context !== tokens.context || rows < tokens.rows)
        throw new AppError(
          'shape-mismatch',
          `${file}: '${property}' is [${rows}, ${context}], where the tokens are [${tokens.rows}, ${tokens.context}]. Use the labels that belong to these tokens.`,
          { file: path, place: property },
        );
      const bits = reader.ints(property, 0, tokens.rows * tokens.context);
      const odd = bits.findIndex((bit) => bit !== 0 && bit !== 1);
      if (odd >= 0)
        throw new AppError(
          'bad-input',
          `${file}: '${property}' holds ${bits[odd]} at row ${Math.floor(odd / context)}, position ${odd % context}; labels are 0 or 1.`,
          { file: path, place: property },
        );
      return Uint8Array.from(bits);
    });
    return { properties, values };
  } finally {
    reader.close();
  }
}

import {
  auxKDefaults,
  defaultBandwidth,
  defaultPrefixes,
  defaultThreshold,
  type ArchitectureName,
} from '../../../../shared/domain/dictionary.ts';
import { AppError } from '../../../../shared/errors.ts';
import type { Architecture } from '../architecture.ts';
import type { DecoderNorm } from '../decoder-norm.ts';
import { batchTopKArchitecture } from './batch-top-k.ts';
import { gatedArchitecture } from './gated.ts';
import { jumpReluArchitecture } from './jump-relu.ts';
import { reluArchitecture } from './relu.ts';
import { withSkip } from './skip-connection.ts';
import { topKArchitecture, type TopKSettings } from './top-k.ts';

/** What a spec says of a dictionary besides its size; shared/domain/dictionary.ts has the definitions. */
export interface ArchitectureSpec {
  readonly architecture: ArchitectureName;
  readonly decoderNorm?: DecoderNorm | undefined;
  readonly k?: number | undefined;
  readonly prefixes?: readonly number[] | undefined;
  readonly bandwidth?: number | undefined;
  readonly threshold?: number | undefined;
  readonly resample?: object | undefined;
  /** Whether its output is another activation than its input. */
  readonly transcoder?: boolean | undefined;
  readonly skip?: boolean | undefined;
  readonly auxiliary?:
    | {
        readonly k?: number | undefined;
        readonly coefficient?: number | undefined;
        readonly deadAfter?: number | undefined;
      }
    | undefined;
}

/**
 * The architecture that a spec names, with its settings.
 * @throws AppError `bad-spec` where one that needs k has none.
 */
export function openArchitecture(spec: ArchitectureSpec): Architecture {
  const architecture = withoutSkip(spec);
  return spec.skip ? withSkip(architecture) : architecture;
}

function withoutSkip(spec: ArchitectureSpec): Architecture {
  const { decoderNorm = 'graph', transcoder = false } = spec;
  switch (spec.architecture) {
    case 'relu':
      return reluArchitecture(decoderNorm, spec.resample !== undefined);
    case 'topk':
      return topKArchitecture(topKSettings(spec));
    case 'batchtopk':
      return batchTopKArchitecture({ ...topKSettings(spec), prefixes: [] });
    case 'matryoshka':
      return batchTopKArchitecture({
        ...topKSettings(spec),
        prefixes: spec.prefixes ?? defaultPrefixes,
      });
    case 'jumprelu': {
      const { bandwidth = defaultBandwidth, threshold = defaultThreshold } = spec;
      return jumpReluArchitecture({ decoderNorm, bandwidth, threshold, transcoder });
    }
    case 'gated':
      return gatedArchitecture({
        decoderNorm,
        transcoder,
        auxiliaryCoefficient: spec.auxiliary?.coefficient ?? 1,
      });
  }
}

function topKSettings(spec: ArchitectureSpec): TopKSettings {
  const { architecture, k, decoderNorm = 'graph', auxiliary, transcoder = false } = spec;
  if (k === undefined)
    throw new AppError('bad-spec', `The architecture ${architecture} needs k.`, {
      place: 'dictionary.k',
    });
  return {
    k,
    decoderNorm,
    transcoder,
    auxiliary: {
      k: auxiliary?.k,
      coefficient: auxiliary?.coefficient ?? auxKDefaults.coefficient,
      deadAfter: auxiliary?.deadAfter ?? auxKDefaults.deadAfter,
    },
  };
}

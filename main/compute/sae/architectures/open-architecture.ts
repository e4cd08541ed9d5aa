import type { ArchitectureName } from '../../../../shared/domain/job-spec.ts';
import type { Architecture } from '../architecture.ts';
import type { DecoderNorm } from '../decoder-norm.ts';
import { reluArchitecture } from './relu.ts';

/** What a spec says of a dictionary besides its size. */
export interface ArchitectureSpec {
  readonly architecture: ArchitectureName;
  readonly decoderNorm?: DecoderNorm | undefined;
}

/** The architecture that a spec names, with its settings. */
export function openArchitecture({ architecture, decoderNorm }: ArchitectureSpec): Architecture {
  switch (architecture) {
    case 'relu':
      return reluArchitecture(decoderNorm ?? 'graph');
  }
}

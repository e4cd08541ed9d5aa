import { describe, it } from 'vitest';
import { openEngine } from '../../../../main/compute/engines/open-engine.ts';
import { expectForwardToAgree } from '../../../support/golden-forward.ts';
import { missingData, sharedData } from '../../../support/shared-data.ts';

const path = sharedData('lm-gpt2');

describe.skipIf(!path)(
  `GPT-2's forward pass against Hugging Face transformers${path ? '' : ` (${missingData('lm-gpt2')})`}`,
  () => {
    it.each(['wasm', 'reference'] as const)(
      'gives the same logits, residual streams and mean loss on four sequences on %s',
      async (name) => {
        const engine = await openEngine(name, { threads: 2 });
        try {
          expectForwardToAgree(engine, path ?? '', `${path}/golden.safetensors`);
        } finally {
          await engine.close();
        }
      },
    );
  },
);

import { createWasmEngine } from '../../../../main/compute/engines/wasm/wasm-engine.ts';
import { describeEngine } from './op-suite.ts';

describeEngine('the wasm engine on one thread', () => createWasmEngine({ threads: 1 }));
describeEngine('the wasm engine on two threads', () => createWasmEngine({ threads: 2 }));
describeEngine('the wasm engine without fused multiply-add', () =>
  createWasmEngine({ threads: 2, build: 'simd' }),
);

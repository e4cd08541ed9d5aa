import { createReferenceEngine } from '../../../../main/compute/engines/reference/reference-engine.ts';
import { describeEngine } from './op-suite.ts';

describeEngine('the reference engine', createReferenceEngine);

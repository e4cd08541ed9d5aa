import { createTensorflowEngine } from '../../../../main/compute/engines/tensorflow/tensorflow-engine.ts';
import { describeEngine } from './op-suite.ts';
describeEngine('the tensorflow engine', () => createTensorflowEngine({ threads: 2 }));

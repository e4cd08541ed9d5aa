/** All kernels. Each export is run by name by the host's thread pool. */
export { activate, activateGradient } from './activations';
export { adamStep } from './adam';
export { attention, attentionGradient } from './attention';
export {
  addShared,
  addSharedWide,
  countShared16,
  countShared32,
  countSharedWide,
  findShared16,
  findShared32,
} from './coactivation';
export {
  add,
  addRow,
  addScaled,
  clear,
  copy,
  multiply,
  multiplyRow,
  scale,
  scaleRows,
  subtract,
  subtractRow,
} from './elementwise';
export { gatherRows, rotateRows, scatterAddColumns } from './embedding';
export { largestOfBlocks, largestOfColumns } from './largest';
export {
  compareLogits,
  crossEntropy,
  crossEntropyGradient,
  klDivergence,
  klDivergenceFirstGradient,
  klDivergenceGradient,
} from './losses';
export { matmulTiles } from './matmul';
export {
  layerNorm,
  layerNormGradient,
  normaliseRows,
  normaliseRowsGradient,
  rmsNorm,
  rmsNormGradient,
} from './normalise';
export { packSlivers } from './pack';
export {
  blockNonzeros,
  blockSquares,
  blockSums,
  combineColumnSums,
  dotRows,
  normRows,
  normRowsGradient,
  partialColumnSums,
  sumRows,
} from './reductions';
export {
  compressAbove,
  compressFrom,
  countAbove,
  countFrom,
  countRanked,
  histogram,
  orderRanked,
} from './select';
export { fewDots, fewSums, gatherFew } from './skinny';
export {
  compressRows,
  countRows,
  densifyRows,
  gatherValues,
  sampledMatmul,
  sparseMatmul,
  sparseNormRows,
  sparseNormRowsGradient,
  sumSegments,
  transposeCode,
} from './sparse';
export { softCap, softCapGradient } from './soft-cap';
export { topK } from './top-k';

/** First byte after the kernels' own constants, where the host's memory begins. */
export const heapBase: usize = __heap_base;

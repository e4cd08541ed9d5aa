import { runImportJob } from './import/index.ts';
import { joinQueries } from './join-queries.ts';
import { runFeaturesJob } from './features/index.ts';
import { openParentPort } from './parent-port.ts';
import { dictionaryQueries } from './queries/dictionaries.ts';
import { engineQueries } from './queries/engines.ts';
import { evaluationQueries } from './queries/evaluations.ts';
import { generateQueries } from './queries/generate.ts';
import { mapQueries } from './queries/map.ts';
import { modelQueries } from './queries/model.ts';
import { tokenizeQueries } from './queries/tokenize.ts';
import { statisticsQueries } from './queries/statistics.ts';
import { runPredictJob } from './predict/index.ts';
import { runCompareJob } from './compare/index.ts';
import { runRegressJob } from './regress.ts';
import { runStabilityJob } from './stability.ts';
import { runWorker } from './run-worker.ts';
import { runTrainJob } from './train/index.ts';

/** The entry of a worker process, under either shell: what it can do, and for whom. */
runWorker(openParentPort(), {
  jobs: {
    train: runTrainJob,
    regress: runRegressJob,
    compare: runCompareJob,
    import: runImportJob,
    features: runFeaturesJob,
    stability: runStabilityJob,
    predict: runPredictJob,
  },
  queries: joinQueries(
    engineQueries,
    dictionaryQueries,
    modelQueries,
    generateQueries,
    tokenizeQueries,
    mapQueries,
    statisticsQueries,
    evaluationQueries,
  ),
});

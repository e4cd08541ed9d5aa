import type { EvaluationCondition, EvaluationPair } from '../../../shared/contract/evaluations.ts';
import type { Warning } from '../../../shared/contract/statistics.ts';
import type { ComparedLog } from './compare-conditions.ts';
import { signsInWords } from './scratchpad-check.ts';

interface Facts {
  readonly conditions: readonly EvaluationCondition[];
  readonly pairs: readonly EvaluationPair[];
  readonly logs: readonly ComparedLog[];
  readonly scorer: string;
  readonly withoutCluster: number;
}

const fewClusters = 20;

/** What a reader must know beside the numbers; those on a condition or a pair name it. */
export function evaluationWarnings(facts: Facts): Warning[] {
  return [
    ...facts.conditions.flatMap((condition) => scratchpadWarnings(condition, facts.logs)),
    ...facts.logs.flatMap((log) => logWarnings(log, facts.scorer)),
    ...facts.conditions.flatMap(conditionWarnings),
    ...facts.pairs.flatMap((pair) => pairWarnings(pair, facts.conditions)),
    ...clusterWarnings(facts),
  ];
}

function scratchpadWarnings(
  { name, noScratchpad, signs }: EvaluationCondition,
  logs: readonly ComparedLog[],
): Warning[] {
  if (!noScratchpad) return [];
  const found: Warning[] = [];
  const why =
    'A claim that a model cannot do something without a scratchpad holds only where it had none: reasoning that is hidden, redacted or spread over several turns is one.';
  if (signs.any > 0)
    found.push({
      concerns: name,
      message: `Secret scratchpad: ${signs.any} samples show room to think: ${signsInWords(signs)}`,
      why,
      whatToDo:
        'Look at these samples, then run the condition again with reasoning switched off, without tools and with one answer, or do not call it a condition without a scratchpad.',
    });
  for (const log of logs)
    if (log.condition === name && log.reasoning.length > 0)
      found.push({
        concerns: name,
        message: `${log.path} was run with ${log.reasoning.join(', ')}`,
        why,
        whatToDo:
          'Run it again with reasoning switched off, or assign the log to another condition.',
      });
  if (signs.withoutTranscript > 0)
    found.push({
      concerns: name,
      message: `${signs.withoutTranscript} samples have no transcript, so they could not be searched for reasoning`,
      why: 'Summaries tell of reasoning tokens alone; blocks of reasoning, tool calls and turns stand in transcripts.',
      whatToDo: 'Log samples whole (log_samples) for conditions that claim to have no scratchpad.',
    });
  return found;
}

function logWarnings(
  { path, condition, status, hasScorer }: ComparedLog,
  scorer: string,
): Warning[] {
  const found: Warning[] = [];
  if (status !== 'success')
    found.push({
      concerns: condition,
      message: `${path} did not finish: its status is ${status}`,
      why: 'The samples that are missing are often those that took longest, so what is there may not stand for the whole.',
      whatToDo: 'Let the evaluation finish (inspect eval-retry), or read the pairs alone.',
    });
  if (!hasScorer)
    found.push({
      concerns: condition,
      message: `${path} has no value of ${scorer}`,
      why: 'Its samples are counted as unscored and enter no mean.',
      whatToDo: 'Score the log (inspect score), or choose a scorer that it has.',
    });
  return found;
}

function conditionWarnings(condition: EvaluationCondition): Warning[] {
  const { name, samples, errored, limited, unscored, items, successes, replaced } = condition;
  const found: Warning[] = [];
  if (errored + limited + unscored > 0)
    found.push({
      concerns: name,
      message: `Of ${samples} samples, ${errored} ended with an error, ${limited} at a limit, ${unscored} are unscored`,
      why: 'Samples fail more often where a task is hard or long, so leaving them out can flatter a condition, and counting them as wrong can do the opposite.',
      whatToDo:
        'Compare both ways of counting; where the conclusion changes, the errors must be mended first.',
    });
  if (replaced > 0)
    found.push({
      concerns: name,
      message: `${replaced} samples are in more than one log of this condition`,
      why: 'Of the same sample and epoch, the one of the newest log is taken, as after a retry.',
      whatToDo: 'Leave out logs that are no retries of each other.',
    });
  if (successes === 0 && items > 0)
    found.push({
      concerns: name,
      message: `Nothing succeeded in ${items} items`,
      why: 'No success is no proof that there can be none: see the upper bound, which falls only with more items.',
      whatToDo: 'Report the upper bound and n in place of "0 %".',
    });
  return found;
}

function pairWarnings(pair: EvaluationPair, conditions: readonly EvaluationCondition[]): Warning[] {
  const { first, second, n, unpairedFirst, unpairedSecond, differentInput, unmatchedEpochs } = pair;
  const concerns = `${first} − ${second}`;
  const found: Warning[] = [];
  if (unpairedFirst + unpairedSecond > 0 || n === 0)
    found.push({
      concerns,
      message: `${n} items are paired; ${unpairedFirst} are scored in ${first} alone, ${unpairedSecond} in ${second} alone`,
      why: 'The difference speaks of the paired items; the means of the conditions of all that each has.',
      whatToDo: 'Run both conditions on the same samples, or report the paired means.',
    });
  if (unmatchedEpochs > 0)
    found.push({
      concerns,
      message: `${unmatchedEpochs} samples are of epochs that only one of the two has scored`,
      why: 'They enter the means of the conditions, not the difference.',
      whatToDo: 'Run both conditions with the same number of epochs.',
    });
  if (differentInput > 0)
    found.push({
      concerns,
      message: `${differentInput} paired items have another question or target in the two logs`,
      why: 'They share an id, but may not be the same item: a shuffled or changed data set pairs strangers.',
      whatToDo: 'Check that both logs are of the same version of the data set, with stable ids.',
    });
  const models = [first, second].map((name) => modelsOf(conditions, name));
  if (models[0] !== models[1])
    found.push({
      concerns,
      message: `The models differ: ${models[0]} and ${models[1]}`,
      why: 'The difference is of the models and of the conditions together.',
      whatToDo: 'Compare conditions of one model, unless the model is the condition (fine-tuning).',
    });
  return found;
}

function modelsOf(conditions: readonly EvaluationCondition[], name: string): string {
  return [...(conditions.find((condition) => condition.name === name)?.models ?? [])]
    .sort()
    .join(', ');
}

function clusterWarnings({ conditions, withoutCluster }: Facts): Warning[] {
  const found: Warning[] = [];
  if (withoutCluster > 0)
    found.push({
      concerns: null,
      message: `${withoutCluster} items have no value for the key of clusters; each is its own cluster`,
      why: 'If they belong together after all, errors are too small.',
      whatToDo: 'Choose a key that every sample has.',
    });
  const fewest = Math.min(...conditions.map(({ clusters }) => clusters ?? Infinity));
  if (fewest < fewClusters)
    found.push({
      concerns: null,
      message: `There are only ${fewest} clusters`,
      why: `Clustered errors rest on the number of clusters; with fewer than ${fewClusters} they tend to be too small.`,
      whatToDo: 'Read intervals as too narrow, or use more clusters.',
    });
  return found;
}

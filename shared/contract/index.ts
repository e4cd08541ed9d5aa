import { appContract } from './app.ts';
import { comparisonsContract } from './comparisons.ts';
import { dictionariesContract } from './dictionaries.ts';
import { evaluationsContract } from './evaluations.ts';
import { featuresContract } from './features.ts';
import { hubsContract } from './hubs.ts';
import { jobsContract } from './jobs.ts';
import { mapsContract } from './maps.ts';
import { predictionsContract } from './predictions.ts';
import { projectContract } from './project.ts';
import { reportsContract } from './reports.ts';
import { resultsContract } from './results.ts';
import { runsContract } from './runs.ts';
import { stabilityContract } from './stability.ts';
import { statisticsContract } from './statistics.ts';
import type {
  EventOf,
  InputOf,
  OperationName,
  OutputOf,
  ParamsOf,
  ParsedInputOf,
  TopicName,
} from './define.ts';

/** Everything that the renderer can ask of the host, and every stream it can follow. */
export const contract = {
  ...appContract,
  ...projectContract,
  ...jobsContract,
  ...runsContract,
  ...dictionariesContract,
  ...featuresContract,
  ...comparisonsContract,
  ...mapsContract,
  ...statisticsContract,
  ...stabilityContract,
  ...predictionsContract,
  ...evaluationsContract,
  ...reportsContract,
  ...hubsContract,
  ...resultsContract,
} as const;

export type AssayContract = typeof contract;
export type Operations = OperationName<AssayContract>;
export type Topics = TopicName<AssayContract>;
export type Input<K extends Operations> = InputOf<AssayContract, K>;
export type Output<K extends Operations> = OutputOf<AssayContract, K>;
export type Params<K extends Topics> = ParamsOf<AssayContract, K>;
export type Event<K extends Topics> = EventOf<AssayContract, K>;
export type ParsedInput<K extends Operations> = ParsedInputOf<AssayContract, K>;

import { createHash } from 'node:crypto';
import type { TrainSpec } from '../../shared/domain/job-spec.ts';
import { groupKey } from '../../shared/domain/run-spec.ts';

/** Short name of a group of replicates: equal for runs whose specs differ in their seed alone. */
export function groupHash(alone: TrainSpec): string {
  return createHash('sha256').update(groupKey(alone)).digest('hex').slice(0, 32);
}

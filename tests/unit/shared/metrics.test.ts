import { expect, test } from 'vitest';
import { metricDefinition } from '../../../shared/domain/metrics.ts';

test('the terms of architectures have definitions', () => {
  for (const name of ['auxK', 'gateReconstruction', 'resampled', 'prefix.48'])
    expect(metricDefinition(name).definition).not.toBe(name);
  expect(metricDefinition('prefix.48').title).toBe('reconstruction by 48 latents');
  expect(metricDefinition('prefix.x')).toMatchObject({ title: 'prefix.x' });
});

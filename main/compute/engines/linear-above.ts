import type { Engine } from '../engine.ts';

/** `Engine.linearAbove` of an engine that adds a bias within its product. */
export function linearAbove(current: () => Engine): Pick<Engine, 'linearAbove'> {
  return {
    linearAbove(x, weight, bias, most) {
      const engine = current();
      const whole = engine.matmul(x, weight, { transB: true, bias });
      const sparse = engine.sparsifyAbove(whole, undefined, most);
      if (!sparse) return whole;
      engine.dispose(whole);
      return sparse;
    },
  };
}

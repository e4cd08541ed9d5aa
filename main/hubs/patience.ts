/** How long a hub may take, and how often it is asked again. Tests are less patient. */
export interface Patience {
  /** Milliseconds until the head of an answer. */
  readonly answer: number;
  /** Milliseconds between two pieces of a body. */
  readonly silence: number;
  /** Further tries after no answer, 408, 429 and 5xx. */
  readonly tries: number;
  /** Milliseconds before the first further try; each later one waits twice as long. */
  readonly pause: number;
  /** A hub that wants to be left alone for longer than this is not waited for. */
  readonly longestPause: number;
}

export const defaultPatience: Patience = {
  answer: 30_000,
  silence: 60_000,
  tries: 4,
  pause: 500,
  longestPause: 60_000,
};

/** Waits, unless the signal ends it. @throws the signal's reason */
export function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((done, fail) => {
    if (signal?.aborted) return fail(signal.reason as Error);
    const stop = () => {
      clearTimeout(timer);
      fail(signal!.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      done();
    }, milliseconds);
    signal?.addEventListener('abort', stop, { once: true });
  });
}

/**
 * Seconds that a hub asks to be left alone for: `Retry-After` in seconds or as a date, or the
 * `t` of `RateLimit` (draft-ietf-httpapi-ratelimit-headers), as Hugging Face sends it.
 */
export function askedPause(headers: Headers, now = Date.now()): number | null {
  const after = headers.get('retry-after')?.trim();
  if (after !== undefined && /^\d+$/.test(after)) return Number(after);
  const date = after === undefined ? NaN : Date.parse(after);
  if (!Number.isNaN(date)) return Math.max(0, (date - now) / 1000);
  const [, window] = /;\s*t=(\d+)/.exec(headers.get('ratelimit') ?? '') ?? [];
  return window === undefined ? null : Number(window);
}

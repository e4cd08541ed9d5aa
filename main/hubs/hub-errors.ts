import { AppError } from '../../shared/errors.ts';

/** What a failed request was for; sentences are made of it. */
export interface Asked {
  /** `Weights & Biases` or `Hugging Face`. */
  readonly hub: string;
  /** What was wanted, as in `the list of runs`. */
  readonly what: string;
  /** Host that answered; never a whole address, which may carry a signature. */
  readonly host: string;
  readonly hasKey: boolean;
  /** How a key is given, in a sentence. */
  readonly keyAdvice: string;
}

/**
 * The error that an answer stands for.
 * @param waitSeconds what a hub that is asked too often wants to be left alone for
 * @param reason the hub's own words, where it gave some
 */
export function statusError(
  status: number,
  asked: Asked,
  waitSeconds: number | null = null,
  reason: string | null = null,
): AppError {
  const { hub, what, host, hasKey, keyAdvice } = asked;
  const details = { host, status, what, ...(reason === null ? {} : { reason }) };
  const said = reason === null ? '' : ` It says: ${asSentence(reason)}`;
  if (status === 401)
    return new AppError(
      'needs-key',
      hasKey
        ? `${hub} does not accept the key for ${what}. It may have expired: enter a new one. ${keyAdvice}${said}`
        : `${hub} gives ${what} only to those who are signed in, or it does not exist. ${keyAdvice}${said}`,
      details,
    );
  if (status === 403)
    return hasKey
      ? new AppError(
          'not-permitted',
          `${hub} does not let this account have ${what}. Ask its owner for access, or accept its conditions on ${host}.${said}`,
          details,
        )
      : new AppError(
          'needs-key',
          `${hub} gives ${what} only to those who are signed in. ${keyAdvice}${said}`,
          details,
        );
  if (status === 404)
    return new AppError(
      'not-found',
      `${hub} has no such thing: ${what}. Check the address${hasKey ? '' : ', or sign in: what is private looks the same'}.${said}`,
      details,
    );
  if (status === 429) return rateLimited(asked, waitSeconds, details);
  if (status >= 500)
    return new AppError(
      'hub-unavailable',
      `${hub} failed to give ${what} (${status} from ${host}). Try again in a while.${said}`,
      details,
    );
  return new AppError(
    'hub-unavailable',
    `${hub} answered ${status} when asked for ${what}. Check the address, and whether this is the right server.${said}`,
    details,
  );
}

function rateLimited(
  { hub, what, hasKey, keyAdvice }: Asked,
  waitSeconds: number | null,
  details: Record<string, unknown>,
): AppError {
  const when = waitSeconds === null ? 'a few minutes' : `${Math.ceil(waitSeconds)} s`;
  const more = hasKey ? '' : ` With a key more is allowed. ${keyAdvice}`;
  return new AppError(
    'rate-limited',
    `${hub} was asked too often and did not give ${what}. Try again in ${when}.${more}`,
    { ...details, waitSeconds },
  );
}

/** The error for a request that got no answer. */
export function connectionError(error: unknown, { hub, host, what }: Asked): AppError {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const system = (cause as { code?: unknown } | null)?.code;
  const word = typeof system === 'string' ? system : 'no answer';
  const isName = word === 'ENOTFOUND' || word === 'EAI_AGAIN';
  return new AppError(
    'hub-unavailable',
    isName
      ? `${host} is not known here: ${what} could not be had. Check the connection to the internet, and the address of ${hub}.`
      : `${host} could not be reached (${word}): ${what} could not be had. Check the connection and try again.`,
    { host, what, system: word },
  );
}

export function silent({ hub, host, what }: Asked, milliseconds: number): AppError {
  return new AppError(
    'timeout',
    `${host} was silent for ${Math.ceil(milliseconds / 1000)} s: ${what} did not come. Try again; a download goes on from where it stopped.`,
    { host, what, hub },
  );
}

/** An answer that is not what the protocol of the hub says. */
export function notUnderstood({ hub, host, what }: Asked, problem: string): AppError {
  return new AppError(
    'corrupt',
    `${hub} answered something else than ${what}: ${problem}. Check that ${host} is a server of ${hub}.`,
    { host, what, problem },
  );
}

function asSentence(reason: string): string {
  const short = reason.replace(/\s+/g, ' ').trim().slice(0, 300);
  return /[.!?]$/.test(short) ? short : `${short}.`;
}

/**
 * Opens the upstream: attempts, waits between them, and the prelude. Frames are held until the
 * first output, or for a short grace, so that a failure hidden in a 200 stream still becomes a
 * real status. Nothing here runs once the answer is committed.
 */
import { setTimeout as delay } from "node:timers/promises";
import { toAbortSignal } from "../cancellation.ts";
import { RelayError, toRelayError } from "../errors.ts";
import { type Frame, type FrameBatch, isFailure, isOutput } from "../protocol/frame.ts";
import type { ResponsesRequest } from "../protocol/request.ts";
import type { RequestScope } from "../scope.ts";
import type { Answering, UpstreamStream } from "../upstreams/upstream.ts";

export interface OpenPolicy {
  /** Further attempts after the first. */
  readonly retryAttempts: number;
  /** How long frames are held for an output that does not come. */
  readonly graceMs: number;
  /** Wait before the first repeat; doubles with each. */
  readonly backoffMs: number;
}

/** An answer that has begun: the frames held so far, and the ones to come. Ends with the scope. */
export interface OpenedStream {
  readonly stream: UpstreamStream;
  readonly held: readonly Frame[];
  /** The next batch after `held`. */
  next(): Promise<IteratorResult<FrameBatch, unknown>>;
}

/** Waits longer than this are the client's to plan, not ours to sit out. */
const longestWaitMs = 30_000;

export async function openStream(
  upstream: Answering,
  request: ResponsesRequest,
  scope: RequestScope,
  policy: OpenPolicy,
): Promise<OpenedStream> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await attemptOpen(upstream, request, scope, policy);
    } catch (error) {
      if (scope.signal.aborted) throw error;
      const failure = toRelayError(error);
      const waitMs = waitBefore(attempt, failure, policy);
      if (!failure.retryable || attempt >= policy.retryAttempts || waitMs > longestWaitMs) {
        throw error;
      }
      scope.transit.record("retry_backoff", {
        attempt: attempt + 1,
        delay_ms: waitMs,
        code: failure.code,
        message: failure.message,
      });
      await delay(waitMs, undefined, { signal: toAbortSignal(scope.signal) });
    }
  }
}

function waitBefore(attempt: number, failure: RelayError, policy: OpenPolicy): number {
  const asked = failure.details.retryAfterSeconds;
  return asked === undefined ? policy.backoffMs * 2 ** attempt : asked * 1000;
}

async function attemptOpen(
  upstream: Answering,
  request: ResponsesRequest,
  scope: RequestScope,
  policy: OpenPolicy,
): Promise<OpenedStream> {
  const stream = await upstream.open(request, scope);
  const batches = stream.batches[Symbol.asyncIterator]();
  let pending = batches.next();
  const held: Frame[] = [];
  let grace: NodeJS.Timeout | undefined;
  const graceOver = new Promise<"grace">((resolve) => {
    grace = setTimeout(resolve, policy.graceMs, "grace");
  });
  try {
    for (;;) {
      const result = await Promise.race([pending, graceOver]);
      if (result === "grace") break;
      if (result.done) throw interrupted();
      held.push(...result.value);
      pending = batches.next();
      const failures = held.filter((frame) => isFailure(frame.type));
      if (failures.length > 0) {
        throw stream.explain(await withRest(failures, () => pending));
      }
      if (result.value.some((frame) => isOutput(frame.type))) break;
    }
  } catch (error) {
    pending.catch(() => undefined);
    // The next attempt must not run beside this one. An outstanding read would hold `return` up.
    void batches.return?.().catch(() => undefined);
    throw error;
  } finally {
    clearTimeout(grace);
  }
  // Read ahead while nobody waits for it: its failure is for the next caller of `next`.
  pending.catch(() => undefined);
  return new OpenedBatches(stream, held, batches, pending);
}

class OpenedBatches implements OpenedStream {
  readonly stream: UpstreamStream;
  readonly held: readonly Frame[];
  readonly #batches: AsyncIterator<FrameBatch>;
  #readAhead: ReturnType<OpenedStream["next"]> | undefined;

  constructor(
    stream: UpstreamStream,
    held: readonly Frame[],
    batches: AsyncIterator<FrameBatch>,
    readAhead: ReturnType<OpenedStream["next"]>,
  ) {
    this.stream = stream;
    this.held = held;
    this.#batches = batches;
    this.#readAhead = readAhead;
  }

  next(): ReturnType<OpenedStream["next"]> {
    const readAhead = this.#readAhead;
    if (readAhead === undefined) return this.#batches.next();
    this.#readAhead = undefined;
    return readAhead;
  }
}

/** How long the second of the two failure frames is waited for. */
const restMs = 500;

/**
 * A live failure sends `error` and then `response.failed`, which may come with the next read. The
 * error must not depend on how the network cut them.
 */
export async function withRest(
  failures: readonly Frame[],
  next: () => Promise<IteratorResult<FrameBatch, unknown>>,
): Promise<readonly Frame[]> {
  if (failures.some(({ type }) => type === "response.failed")) return failures;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, restMs, undefined);
  });
  try {
    const result = await Promise.race([next().catch(() => undefined), late]);
    const rest = result === undefined || result.done ? [] : result.value;
    return [...failures, ...rest.filter((frame) => isFailure(frame.type))];
  } finally {
    clearTimeout(timer);
  }
}

/** The upstream ended its stream without saying that the answer is complete. */
export function interrupted(): RelayError {
  return new RelayError(
    "upstream_stream_interrupted",
    "The upstream ended the stream before the answer was complete.",
  );
}

/**
 * What one client may take: requests a minute, requests at a time, wrong tokens. Knows clients by a
 * key that the caller chooses, and no header, route or socket.
 */
import type { RateLimiterMemory } from "rate-limiter-flexible";
// @ts-expect-error The package has types for its index only, and that costs 28 ms of start-up, not 6.
import MemoryLimiter from "rate-limiter-flexible/lib/RateLimiterMemory.js";
import { RelayError } from "../errors.ts";
import type { Clock } from "../scope.ts";

export interface LimitsOptions {
  readonly ratePerMinute: number;
  readonly burst: number;
  readonly concurrent: number;
  readonly failedAuth: {
    readonly windowSeconds: number;
    readonly maxAttempts: number;
    readonly blockSeconds: number;
  };
  readonly clock: Clock;
  /** How many clients are remembered at most, whatever addresses come. */
  readonly maxClients?: number;
}

export interface Lease {
  /** Gives the place back; the second call does nothing. */
  release(): void;
}

/**
 * The order of calls: look at the token first. A right one goes to `admit`, and no block keeps it
 * out, because all programs of this machine share one address. Only for a wrong one ask `blockedFor`
 * (answer 429 while it is above 0), else call `failedAuth` (and answer 401).
 */
export interface Limits {
  /**
   * Takes one request and one place of every client that the request counts for, its address and its
   * token; of none when one of them has no more. Throws `rate_limit_exceeded` or
   * `too_many_concurrent_requests`.
   */
  admit(...clients: readonly string[]): Lease;
  /** Counts a wrong token. */
  failedAuth(client: string): Promise<void>;
  /**
   * Seconds until a wrong token of this client is looked at again; 0 when it is not blocked. Many
   * wrong tokens of many clients block those of all: a guesser may have any number of addresses.
   */
  blockedFor(client: string): number;
}

interface Bucket {
  tokens: number;
  filledAt: number;
  active: number;
}

/** The limits of one relay, in memory: a restart forgets them. */
export function createLimits(options: LimitsOptions): Limits {
  const { concurrent, maxClients = 10_000 } = options;
  const buckets = createBuckets(options, maxClients);
  const failures = createFailures(options, maxClients);
  return {
    admit(...clients) {
      const taken = buckets.fill(clients);
      for (const bucket of taken) {
        if (bucket.active < concurrent) continue;
        throw tooMany(`This client has ${concurrent} requests running`, buckets.headers(bucket));
      }
      for (const bucket of taken) buckets.check(bucket);
      for (const bucket of taken) {
        bucket.tokens = Math.max(0, bucket.tokens - 1);
        bucket.active += 1;
      }
      let released = false;
      return {
        release() {
          if (released) return;
          released = true;
          for (const bucket of taken) bucket.active -= 1;
        },
      };
    },
    failedAuth: failures.add,
    blockedFor: failures.blockedFor,
  };
}

/**
 * Token buckets by hand. The package counts in fixed windows: with 5 a second it let 9 through
 * within 60 ms around a boundary, and its burst comes back all at once after a minute. A bucket
 * gives exactly the burst, then an even rate, and says when the next token is there.
 */
function createBuckets({ ratePerMinute, burst, clock }: LimitsOptions, maxClients: number) {
  const perMs = ratePerMinute / 60_000;
  const buckets = new Map<string, Bucket>();

  const refill = (bucket: Bucket): void => {
    const now = clock.now();
    // The clock may be set back: then nothing is added, and nobody waits for the old time to return.
    const elapsed = Math.max(0, now - bucket.filledAt);
    bucket.tokens = Math.min(burst, bucket.tokens + elapsed * perMs);
    bucket.filledAt = now;
  };

  /** Makes room for a new client: the one unseen for longest goes, if none of its requests runs. */
  const makeRoom = (): void => {
    if (buckets.size < maxClients) return;
    for (const [client, bucket] of buckets) {
      if (bucket.active > 0) continue;
      buckets.delete(client);
      return;
    }
    throw tooMany(`This relay has requests of ${maxClients} clients running`, {});
  };

  const find = (client: string): Bucket => {
    let bucket = buckets.get(client);
    if (bucket === undefined) {
      makeRoom();
      bucket = { tokens: burst, filledAt: clock.now(), active: 0 };
    }
    refill(bucket);
    buckets.delete(client);
    buckets.set(client, bucket);
    return bucket;
  };

  const headers = ({ tokens }: Bucket): Readonly<Record<string, string>> => ({
    "x-ratelimit-limit-requests": String(ratePerMinute),
    "x-ratelimit-remaining-requests": String(Math.floor(tokens + 1e-9)),
    "x-ratelimit-reset-requests": formatWait((burst - tokens) / perMs),
  });

  return {
    /** The buckets of the clients as of now. */
    fill: (clients: readonly string[]): readonly Bucket[] => clients.map(find),
    /** What a bucket holds, in the words of OpenAI's API; the reset is when it is full again. */
    headers,
    /** Throws unless the bucket has a request left. */
    check(bucket: Bucket): void {
      // Sums of fractions end a hair below 1.
      if (bucket.tokens >= 1 - 1e-9) return;
      const retryAfterSeconds = Math.ceil((1 - bucket.tokens) / perMs / 1000);
      throw new RelayError(
        "rate_limit_exceeded",
        `This relay takes ${ratePerMinute} requests a minute from one client, ${burst} at once. Retry in ${retryAfterSeconds} s.`,
        { retryAfterSeconds, headers: headers(bucket) },
      );
    },
  };
}

/** `1.5s`, `6m0s`: how OpenAI writes a wait. */
function formatWait(ms: number): string {
  const tenths = Math.ceil(ms / 100);
  if (tenths < 600) return `${tenths / 10}s`;
  const seconds = Math.ceil(ms / 1000);
  return `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}

/** So many clients' worth of wrong tokens count as one guesser's. */
const clientsOfAGuesser = 10;

function createFailures({ failedAuth, clock }: LimitsOptions, maxClients: number) {
  const { maxAttempts } = failedAuth;
  const each = createBlocks(failedAuth, maxAttempts, clock, maxClients);
  const all = createBlocks(failedAuth, maxAttempts * clientsOfAGuesser, clock, 1);
  return {
    async add(client: string): Promise<void> {
      await Promise.all([each.add(client), all.add("all")]);
    },
    blockedFor: (client: string) => Math.max(each.secondsLeft(client), all.secondsLeft("all")),
  };
}

/** In the package's fixed windows: good enough for a count that ends in a long block. */
function createBlocks(
  { windowSeconds, blockSeconds }: LimitsOptions["failedAuth"],
  maxAttempts: number,
  clock: Clock,
  maxKeys: number,
) {
  const Limiter: typeof RateLimiterMemory = MemoryLimiter;
  const attempts = new Limiter({
    // It blocks at the first attempt above its points; we block at the last one allowed.
    points: maxAttempts - 1,
    duration: windowSeconds,
    blockDuration: blockSeconds,
  });
  /** The end of the block of each that failed lately, 0 without one; the oldest first. */
  const blockedUntil = new Map<string, number>();

  return {
    async add(key: string): Promise<void> {
      const until = await attempts.consume(key).then(
        () => 0,
        (refusal: unknown) => clock.now() + msBeforeNextOf(refusal),
      );
      blockedUntil.delete(key);
      blockedUntil.set(key, until);
      const [oldest] = blockedUntil.keys();
      if (oldest === undefined || blockedUntil.size <= maxKeys) return;
      blockedUntil.delete(oldest);
      await attempts.delete(oldest);
    },
    secondsLeft(key: string): number {
      const until = blockedUntil.get(key) ?? 0;
      const seconds = Math.ceil((until - clock.now()) / 1000);
      // The clock may have been set back.
      return Math.min(blockSeconds, Math.max(0, seconds));
    },
  };
}

/** The package rejects with its result when the points are spent, with an Error when it broke. */
function msBeforeNextOf(refusal: unknown): number {
  if (refusal instanceof Error || typeof refusal !== "object" || refusal === null) throw refusal;
  const { msBeforeNext } = refusal as { msBeforeNext?: unknown };
  return typeof msBeforeNext === "number" ? msBeforeNext : 0;
}

function tooMany(what: string, headers: Readonly<Record<string, string>>): RelayError {
  return new RelayError(
    "too_many_concurrent_requests",
    `${what}, which is the limit. Retry when one has ended.`,
    { retryAfterSeconds: 1, headers },
  );
}

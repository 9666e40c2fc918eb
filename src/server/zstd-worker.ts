/**
 * zstd for a Node that has none of its own (before 22.15): fzstd in a worker thread, one body at a
 * time, each for a limited time. fzstd believes what a frame says of itself: twenty bytes that ask
 * for long copies keep it busy for six seconds, a few kilobytes for an hour, and only ending its
 * thread stops that.
 *
 * Made at the first body that needs it and kept. Measured with a body of 300 KB: 1.2 ms instead of
 * 1.1 ms on the event loop, and 56 ms instead of 28 ms for the first, which starts the thread.
 */
import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";
import { RelayError } from "../errors.ts";
import { notAsSaid, tooLarge } from "./decode-refusals.ts";

/** Takes frames whose headers were looked at. */
export interface FrameDecoder {
  decode(frames: readonly Buffer[], limitBytes: number): Promise<Buffer>;
  /** What still runs fails. */
  close(): Promise<void>;
}

export interface ZstdWorkerOptions {
  /** Calls `expire` when a body has had its time; the function that it gives takes that back. */
  readonly startTimer?: (expire: () => void) => () => void;
}

interface Job {
  readonly frames: readonly Buffer[];
  readonly limitBytes: number;
  resolve(decoded: Buffer): void;
  reject(error: RelayError): void;
}

type Answer =
  | { readonly decoded: Uint8Array }
  | { readonly problem: "too_large" | "damaged"; readonly reason: string };

// Plain JavaScript: a thread of its own loads neither the bundle nor a loader for TypeScript.
const script = `
const { parentPort, workerData } = require("node:worker_threads");
const { Decompress } = require(workerData.modulePath);
parentPort.on("message", ({ frames, limitBytes }) => {
  const parts = [];
  let size = 0;
  try {
    const take = (part) => {
      size += part.length;
      if (size > limitBytes) throw new Error("too large");
      parts.push(part);
    };
    for (const frame of frames) new Decompress(take).push(frame, true);
    const decoded = new Uint8Array(size);
    let at = 0;
    for (const part of parts) {
      decoded.set(part, at);
      at += part.length;
    }
    parentPort.postMessage({ decoded }, [decoded.buffer]);
  } catch (error) {
    const problem = size > limitBytes ? "too_large" : "damaged";
    parentPort.postMessage({ problem, reason: String(error && error.message) });
  }
});
`;

/** 32 MB take 0.2 s, and 0.5 s from an encoder that was flushed every 4 KB. */
const timeoutMs = 2_000;

/** Every one of them may take its whole time. */
const mostWaiting = 8;

export function createZstdWorker({ startTimer = realTimer }: ZstdWorkerOptions = {}): FrameDecoder {
  let thread: Worker | undefined;
  let current: Job | undefined;
  let stopTimer = (): void => undefined;
  const waiting: Job[] = [];

  const finish = (): Job | undefined => {
    const job = current;
    current = undefined;
    stopTimer();
    stopTimer = () => undefined;
    thread?.unref();
    return job;
  };
  const abandon = (error: RelayError): Promise<unknown> => {
    const ended = thread?.terminate();
    thread = undefined;
    finish()?.reject(error);
    return Promise.resolve(ended);
  };
  const begin = (): void => {
    stopTimer = startTimer(() => {
      void abandon(takesTooMuch("time"));
      next();
    });
  };

  const start = (): Worker => {
    const own = new Worker(script, {
      eval: true,
      workerData: { modulePath: createRequire(import.meta.url).resolve("fzstd") },
      // Neither secrets nor anybody's loader reach it.
      env: {},
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 16 },
    });
    own.on("message", (answer: Answer) => {
      if (own !== thread) return;
      const job = finish();
      if (job !== undefined) settle(job, answer);
      next();
    });
    own.on("error", (error: NodeJS.ErrnoException) => {
      if (own !== thread) return;
      const isMemory = error.code === "ERR_WORKER_OUT_OF_MEMORY";
      void abandon(isMemory ? takesTooMuch("memory") : failed(error));
      next();
    });
    return own;
  };

  const next = (): void => {
    if (current !== undefined) return;
    current = waiting.shift();
    if (current === undefined) return;
    const { limitBytes } = current;
    // Copies of their own to give away: a Buffer may share its memory with others.
    const frames = current.frames.map((frame) => new Uint8Array(frame));
    const isNew = thread === undefined;
    thread ??= start();
    thread.ref();
    // A machine that is slow to start a thread takes nothing from the body's time.
    if (isNew) thread.once("online", begin);
    else begin();
    thread.postMessage(
      { frames, limitBytes },
      frames.map(({ buffer }) => buffer),
    );
  };

  return {
    decode(frames, limitBytes) {
      if (waiting.length >= mostWaiting) return Promise.reject(busy());
      return new Promise((resolve, reject) => {
        waiting.push({ frames, limitBytes, resolve, reject });
        next();
      });
    },
    async close() {
      for (const job of waiting.splice(0)) job.reject(closing());
      await abandon(closing());
    },
  };
}

function realTimer(expire: () => void): () => void {
  const timer = setTimeout(expire, timeoutMs);
  return () => clearTimeout(timer);
}

function settle(job: Job, answer: Answer): void {
  if ("decoded" in answer) {
    const { buffer, byteOffset, byteLength } = answer.decoded;
    job.resolve(Buffer.from(buffer, byteOffset, byteLength));
  } else if (answer.problem === "too_large") job.reject(tooLarge(job.limitBytes));
  else job.reject(notAsSaid(new Error(answer.reason)));
}

function takesTooMuch(what: "time" | "memory"): RelayError {
  return new RelayError(
    "invalid_request",
    `The request body takes too much ${what} to decompress. Send it as gzip, or not compressed.`,
  );
}

function busy(): RelayError {
  return new RelayError(
    "too_many_concurrent_requests",
    "Too many zstd bodies wait to be decompressed. Try again in a moment, or send it as gzip.",
    { retryAfterSeconds: 1 },
  );
}

function closing(): RelayError {
  return new RelayError("internal_error", "The relay is stopping.");
}

function failed(cause: unknown): RelayError {
  return new RelayError("internal_error", "The zstd decoder failed. See the relay's log.", {
    cause,
  });
}

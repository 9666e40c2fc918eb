/**
 * Lets somebody follow requests as they run: a transit log around the real one that reads off the
 * records, as they are made, what a line about the request needs. Without a watcher it is not there,
 * and costs nothing. Knows no terminal.
 */
import { LoggedJson } from "../scope.ts";
import type { TransitEntry } from "./entry.ts";
import type { TransitLog } from "./log.ts";

/** What is known of a request so far; the same object from its start to its end. */
export interface WatchedRequest {
  readonly id: string;
  method: string;
  path: string;
  /** The name that was asked for, then the one that was sent on. */
  model: string | undefined;
  /** The answer has begun. */
  hasBegun: boolean;
  tokens: WatchedTokens | undefined;
  ending: WatchedEnding | undefined;
}

export interface WatchedTokens {
  readonly input: number;
  /** The part of the input that the upstream had in its cache. */
  readonly cached: number;
  readonly output: number;
}

export interface WatchedEnding {
  readonly status: number;
  /** As in the log: `completed`, `rejected`, `failed`, `upstream_cut`, `client_gone`. */
  readonly outcome: string;
  readonly code: string | undefined;
  readonly firstByteMs: number | undefined;
  readonly durationMs: number;
}

export interface RequestWatcher {
  /** It was let in, or refused, and is known by its path; the same object changes from now on. */
  started(request: WatchedRequest): void;
  /** It is over. What the log leaves out (polls, floods) is `isShown: false`. */
  ended(request: WatchedRequest, isShown: boolean): void;
}

/** Node's `queueMicrotask` makes an async resource each time. */
const atOnce = Promise.resolve();

/** On the entry, and not in a WeakMap: each of its entries costs the garbage collector. */
interface WatchedEntry extends TransitEntry {
  /** The log keeps it. */
  finished(): void;
}

type Fields = Readonly<Record<string, unknown>>;

export function watchedLog(log: TransitLog, watcher: RequestWatcher): TransitLog {
  return {
    open(requestId) {
      const entry = log.open(requestId);
      const request: WatchedRequest = {
        id: requestId,
        method: "",
        path: "",
        model: undefined,
        hasBegun: false,
        tokens: undefined,
        ending: undefined,
      };
      let isDiscarded = false;
      let isFinished = false;
      const tellEnd = (): void => watcher.ended(request, isFinished && !isDiscarded);
      const outer: WatchedEntry = {
        requestId,
        finished() {
          isFinished = true;
        },
        record(phase, fields) {
          entry.record(phase, fields);
          const isNew = request.path === "";
          note(request, phase, fields);
          if (isNew && request.path !== "") watcher.started(request);
          // The log's word on whether it is kept comes right behind the last record.
          if (request.ending !== undefined) void atOnce.then(tellEnd);
        },
        begun() {
          request.hasBegun = true;
        },
        discard() {
          isDiscarded = true;
          entry.discard();
        },
        close: () => entry.close(),
      };
      return outer;
    },
    finish(entry) {
      (entry as Partial<WatchedEntry>).finished?.();
      log.finish(entry);
    },
    close: () => log.close(),
  };
}

function note(request: WatchedRequest, phase: string, fields: Fields): void {
  switch (phase) {
    case "inbound_request":
    case "endpoint_auth_failed":
    case "endpoint_rejected":
      request.method = String(fields["method"]);
      request.path = String(fields["path"]);
      return;
    case "inbound_body":
    case "upstream_request":
      request.model = modelOf(fields["body"]) ?? request.model;
      return;
    case "upstream_usage":
      request.tokens = tokensOf(fields["usage"]);
      return;
    case "outbound_response":
      request.ending = {
        status: Number(fields["status_code"]),
        outcome: String(fields["outcome"]),
        code: textAt(fields["error"], "code"),
        firstByteMs: numberOf(fields["first_byte_ms"]),
        durationMs: Number(fields["duration_ms"]),
      };
  }
}

function modelOf(body: unknown): string | undefined {
  return textAt(body instanceof LoggedJson ? body.value : body, "model");
}

function tokensOf(usage: unknown): WatchedTokens | undefined {
  const input = numberOf(at(usage, "input_tokens"));
  const output = numberOf(at(usage, "output_tokens"));
  if (input === undefined || output === undefined) return undefined;
  return {
    input,
    cached: numberOf(at(at(usage, "input_tokens_details"), "cached_tokens")) ?? 0,
    output,
  };
}

function at(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null
    ? (value as Readonly<Record<string, unknown>>)[key]
    : undefined;
}

function textAt(value: unknown, key: string): string | undefined {
  const text = at(value, key);
  return typeof text === "string" ? text : undefined;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}

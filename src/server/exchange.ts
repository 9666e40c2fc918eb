/**
 * One HTTP request and its answer on Node's own objects: makes the scope, delivers an outcome or an
 * error exactly once, and writes the last record. Knows no route.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { isRelayError, type RelayError, toldEndOf, toRelayError } from "../errors.ts";
import type { ErrorForm } from "../facades/facade.ts";
import { openAiErrorBody } from "../facades/openai/error.ts";
import { type Headers, joinHeaders } from "../pipeline/answer-headers.ts";
import type { Outcome } from "../pipeline/generate.ts";
import { LoggedJson, type RequestScope } from "../scope.ts";
import { clientIdentity, givenRequestId } from "./client.ts";
import type { ClientAddress } from "./client-address.ts";
import type { Cors } from "./cors.ts";
import { type FileAnswer, sendFile } from "./file-answer.ts";
import { type Ending, type LedgerDeps, openLedger } from "./ledger.ts";
import { closeLingering } from "./lingering-close.ts";
import { createSink } from "./sink.ts";

export interface Exchange {
  readonly req: IncomingMessage;
  readonly scope: RequestScope;
  /** The address that counts for limits. */
  readonly client: string;
  /** Keeps this request out of the transit log unless it fails: a monitor's poll. */
  silence(): void;
  /** Runs the work and sends what it gives; an error it throws is sent in the same way. */
  answer(work: () => Promise<Answer>, errors?: ErrorForm): Promise<void>;
}

/** The connection goes on in another protocol. */
export interface SwitchAnswer {
  readonly kind: "switch";
  /** Answers 101. Rejects before anything was sent. */
  switch(): Promise<void>;
}

/** Nothing but headers. */
export interface EmptyAnswer {
  readonly kind: "empty";
  readonly headers: Headers;
}

export type Answer = Outcome | FileAnswer | SwitchAnswer | EmptyAnswer;

export interface ExchangeDeps extends LedgerDeps {
  readonly clientAddress: ClientAddress;
  readonly cors: Pick<Cors, "headersFor">;
}

/** The answer on paths that belong to no dialect. */
export const openAiErrors: ErrorForm = { errorBody: openAiErrorBody };

const commonHeaders: Headers = {
  "cache-control": "no-store, no-transform",
  "x-content-type-options": "nosniff",
};

/**
 * The parts as the flat list that Node takes too; of a name in two of them the later part counts. An
 * object of so many names is a slow one, and merging it was 2 % of a small request.
 */
function toList(...parts: readonly Headers[]): string[] {
  const list: string[] = [];
  for (const part of parts) {
    for (const name of Object.keys(part)) {
      const value = part[name] ?? "";
      let at = 0;
      while (at < list.length && list[at] !== name) at += 2;
      list[at] = name;
      list[at + 1] = value;
    }
  }
  return list;
}

export function createExchange(
  req: IncomingMessage,
  res: ServerResponse,
  deps: ExchangeDeps,
): Exchange {
  const ledger = openLedger(deps, clientIdentity(req));
  const { scope } = ledger;
  const requestId = givenRequestId(req) ?? scope.id;
  /** For an answer that begins now. */
  const baseHeaders = (): readonly Headers[] => [
    commonHeaders,
    deps.cors.headersFor(req),
    // Anthropic's clients look for it under another name.
    { "x-request-id": requestId, "request-id": requestId },
    // The next request would meet a closed port.
    deps.running.isStopping ? { connection: "close" } : {},
  ];

  // Settled when the connection closes: afterwards h3 ends the response, and it looks finished.
  let hasLeft = false;
  // Unheard, it would end the process; what it means for the request is told by `close`.
  res.on("error", () => undefined);
  res.on("close", () => {
    hasLeft = !res.writableFinished;
    if (hasLeft) scope.abort(new Error("The client has gone."));
  });

  const deliver = async (outcome: Answer): Promise<Ending> => {
    if (outcome.kind === "switch") {
      await outcome.switch();
      ledger.begin();
      return { status: 101, outcome: "completed" };
    }
    ledger.begin();
    if (outcome.kind === "empty") {
      res.writeHead(204, toList(...baseHeaders(), outcome.headers)).end();
      return { status: 204, outcome: "completed" };
    }
    if (outcome.kind === "file") {
      await sendFile(res, outcome, joinHeaders(...baseHeaders()));
      return { status: 200, outcome: "completed" };
    }
    if (outcome.kind === "whole") {
      const body = sendWhole(res, 200, [...baseHeaders(), outcome.headers], outcome.body);
      return { status: 200, outcome: "completed", body };
    }
    res.writeHead(200, toList(...baseHeaders(), outcome.headers));
    const result = await outcome.send(createSink(res));
    return { status: 200, ...result };
  };

  const refuse = (error: RelayError, { errorBody, errorStatus }: ErrorForm): Ending => {
    ledger.begin();
    const body = errorBody(error, requestId);
    const status = errorStatus?.(error) ?? error.status;
    // A body left unread would be taken for the next request on this connection.
    const close: Headers = req.complete ? {} : { connection: "close" };
    if (!req.complete) closeLingering(req.socket);
    const text = deps.withoutSecrets(typeof body === "string" ? body : JSON.stringify(body));
    sendWhole(res, status, [...baseHeaders(), errorHeaders(error), close], text);
    return { status, outcome: "rejected", body, error };
  };

  return {
    req,
    scope,
    client: deps.clientAddress(req),
    silence: () => ledger.silence(),
    async answer(work, errors = openAiErrors) {
      try {
        ledger.conclude(await deliver(await work()));
      } catch (cause) {
        if (hasLeft) {
          ledger.conclude(endOfUnread(req) ?? { status: 499, outcome: "client_gone" });
          return;
        }
        const error = toldEndOf(scope.signal) ?? toRelayError(cause);
        // Too late for an error: the client sees the connection break, which it did.
        if (res.headersSent) {
          res.destroy();
          ledger.conclude({ status: res.statusCode, outcome: "failed", error });
        } else ledger.conclude(refuse(error, errors));
      }
    },
  };
}

/** The server has answered in our place, because the request did not come to its end. */
function endOfUnread({ errored }: IncomingMessage): Ending | undefined {
  if (!isRelayError(errored)) return undefined;
  return { status: errored.status, outcome: "rejected", error: errored };
}

/** Gives the body with its text, for the log. */
function sendWhole(
  res: ServerResponse,
  status: number,
  headers: readonly Headers[],
  body: unknown,
): LoggedJson | string {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const type = { "content-type": "application/json; charset=utf-8" };
  const length = { "content-length": String(Buffer.byteLength(text)) };
  res.writeHead(status, toList(type, ...headers, length));
  res.end(text);
  return typeof body === "string" ? body : new LoggedJson(body, text);
}

/** The SDKs obey it: agents would ask again and again until the plan's window opens. */
function isWorthNoRetry({ code, details }: Pick<RelayError, "code" | "details">): boolean {
  return code === "usage_limit_reached" || (details.retryAfterSeconds ?? 0) > 60;
}

/** What an error says in headers beside its body. */
export function errorHeaders({ code, details }: RelayError): Headers {
  return {
    ...details.headers,
    ...(code === "invalid_api_key" ? { "www-authenticate": 'Bearer realm="airelays"' } : {}),
    ...(details.retryAfterSeconds === undefined
      ? {}
      : { "retry-after": String(Math.ceil(details.retryAfterSeconds)) }),
    ...(isWorthNoRetry({ code, details }) ? { "x-should-retry": "false" } : {}),
    ...(details.allow === undefined ? {} : { allow: details.allow.join(", ") }),
    ...(code.startsWith("upstream_auth_")
      ? { "x-airelays-upstream-auth": code.slice("upstream_auth_".length) }
      : {}),
  };
}

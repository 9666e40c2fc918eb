/**
 * One HTTP request and its answer on Node's own objects: makes the scope, delivers an outcome or an
 * error exactly once, and writes the last record. Knows no route.
 */
import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { type RelayError, toRelayError } from "../errors.ts";
import { openAiErrorBody } from "../facades/openai/error.ts";
import type { Headers } from "../pipeline/answer-headers.ts";
import type { Outcome } from "../pipeline/generate.ts";
import type { PumpResult } from "../pipeline/pump.ts";
import {
  type ClientIdentity,
  type Clock,
  createScope,
  type Ids,
  type RequestScope,
} from "../scope.ts";
import type { TransitLog } from "../transit/log.ts";
import { presentedToken } from "./authenticate.ts";
import { type FileAnswer, sendFile } from "./file-answer.ts";
import { createSink } from "./sink.ts";

export interface Exchange {
  readonly req: IncomingMessage;
  readonly scope: RequestScope;
  /** The address that counts for limits. */
  readonly client: string;
  /** Keeps this request out of the transit log unless it fails: a monitor's poll. */
  silence(): void;
  /** Runs the work and sends what it gives; an error it throws is sent in the same way. */
  answer(
    work: () => Promise<Outcome | FileAnswer>,
    errorBody?: (error: RelayError) => unknown,
  ): Promise<void>;
}

export interface ExchangeDeps {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly transit: TransitLog;
  readonly trustForwardedFor: boolean;
}

/** How the request ended, for the log. */
interface Ending {
  readonly status: number;
  readonly outcome: PumpResult["outcome"] | "rejected";
  readonly body?: unknown;
  readonly error?: RelayError;
}

const commonHeaders: Headers = {
  "cache-control": "no-store, no-transform",
  "x-content-type-options": "nosniff",
};

export function createExchange(
  req: IncomingMessage,
  res: ServerResponse,
  { clock, ids, transit, trustForwardedFor }: ExchangeDeps,
): Exchange {
  const entry = transit.open(`req_${ids.next()}`);
  const client = clientIdentity(req);
  const scope = createScope({ id: entry.requestId, clock, ids, transit: entry, client });
  const baseHeaders = { ...commonHeaders, "x-request-id": givenRequestId(req) ?? scope.id };
  let silent = false;
  let firstByteAt: number | undefined;

  // Settled when the connection closes: afterwards h3 ends the response, and it looks finished.
  let hasLeft = false;
  res.on("close", () => {
    hasLeft = !res.writableFinished;
    if (hasLeft) scope.abort(new Error("The client has gone."));
  });

  const deliver = async (outcome: Outcome | FileAnswer): Promise<Ending> => {
    firstByteAt = clock.now();
    if (outcome.kind === "file") {
      await sendFile(res, outcome, baseHeaders);
      return { status: 200, outcome: "completed" };
    }
    if (outcome.kind === "whole") {
      sendWhole(res, 200, { ...baseHeaders, ...outcome.headers }, outcome.body);
      return { status: 200, outcome: "completed", body: outcome.body };
    }
    res.writeHead(200, { ...baseHeaders, ...outcome.headers });
    const result = await outcome.send(createSink(res));
    return { status: 200, ...result };
  };

  const refuse = (error: RelayError, body: unknown): Ending => {
    firstByteAt = clock.now();
    const headers = { ...baseHeaders, ...errorHeaders(error) };
    // A body left unread would be taken for the next request on this connection.
    const close = req.complete ? {} : { connection: "close" };
    sendWhole(res, error.status, { ...headers, ...close }, body);
    return { status: error.status, outcome: "rejected", body, error };
  };

  const conclude = (ending: Ending): void => {
    const { status, outcome, body, error } = ending;
    scope.transit.record("outbound_response", {
      status_code: status,
      outcome,
      accepted_at: new Date(scope.acceptedAt).toISOString(),
      first_byte_ms: firstByteAt === undefined ? null : firstByteAt - scope.acceptedAt,
      duration_ms: clock.now() - scope.acceptedAt,
      ...(body === undefined ? {} : { body }),
      ...(error === undefined ? {} : { error: describe(error) }),
    });
    try {
      if (!silent || error !== undefined) transit.finish(entry);
    } finally {
      scope.close();
    }
  };

  return {
    req,
    scope,
    client: clientAddress(req, trustForwardedFor),
    silence() {
      silent = true;
    },
    async answer(work, errorBody = openAiErrorBody) {
      try {
        conclude(await deliver(await work()));
      } catch (cause) {
        if (hasLeft) {
          conclude({ status: 499, outcome: "client_gone" });
          return;
        }
        const error = toRelayError(cause);
        // Too late for an error: the client sees the connection break, which it did.
        if (res.headersSent) {
          res.destroy();
          conclude({ status: res.statusCode, outcome: "failed", error });
        } else conclude(refuse(error, errorBody(error)));
      }
    },
  };
}

function sendWhole(res: ServerResponse, status: number, headers: Headers, body: unknown): void {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  res.writeHead(status, {
    "content-type": "application/json; charset=utf-8",
    ...headers,
    "content-length": String(Buffer.byteLength(text)),
  });
  res.end(text);
}

function errorHeaders({ code, details }: RelayError): Headers {
  return {
    ...details.headers,
    ...(code === "invalid_api_key" ? { "www-authenticate": 'Bearer realm="airelays"' } : {}),
    ...(details.retryAfterSeconds === undefined
      ? {}
      : { "retry-after": String(Math.ceil(details.retryAfterSeconds)) }),
    ...(details.allow === undefined ? {} : { allow: details.allow.join(", ") }),
    ...(code.startsWith("upstream_auth_")
      ? { "x-airelays-upstream-auth": code.slice("upstream_auth_".length) }
      : {}),
  };
}

/** For the log: what the client was told, and the details that it was not. */
function describe({ code, message, details }: RelayError): Readonly<Record<string, unknown>> {
  const { cause, upstream, param } = details;
  return {
    code,
    message,
    ...(param === undefined ? {} : { param }),
    ...(upstream === undefined ? {} : { upstream }),
    ...(cause instanceof Error ? { cause: cause.stack ?? cause.message } : {}),
  };
}

/** The client's own id for the request, if it is one that can stand in a header and a log. */
function givenRequestId(req: IncomingMessage): string | undefined {
  const given = req.headers["x-request-id"];
  return typeof given === "string" && /^[\w.-]{1,128}$/.test(given) ? given : undefined;
}

/** Names that coding tools and SDKs give to a conversation. */
const sessionHeaders = ["session-id", "session_id", "x-session-id", "x-session-affinity"];

function clientIdentity(req: IncomingMessage): ClientIdentity {
  const token = presentedToken(req);
  const session = sessionHeaders.map((name) => req.headers[name]).find(Boolean);
  return {
    token: token === undefined ? undefined : createHash("sha256").update(token).digest("hex"),
    session: typeof session === "string" ? session : undefined,
  };
}

function clientAddress(req: IncomingMessage, trustForwardedFor: boolean): string {
  const peer = req.socket.remoteAddress ?? "unknown";
  if (!trustForwardedFor) return peer;
  // The last entry is the one that the trusted proxy itself wrote; those before it are claims.
  const entries = String(req.headers["x-forwarded-for"] ?? "").split(",");
  return entries.at(-1)?.trim() || peer;
}

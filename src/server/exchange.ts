/**
 * One HTTP request and its answer on Node's own objects: makes the scope, delivers an outcome or an
 * error exactly once, and writes the last record. Knows no route.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { type RelayError, toRelayError } from "../errors.ts";
import { openAiErrorBody } from "../facades/openai/error.ts";
import type { Headers } from "../pipeline/answer-headers.ts";
import type { Outcome } from "../pipeline/generate.ts";
import type { RequestScope } from "../scope.ts";
import { clientIdentity, givenRequestId } from "./client.ts";
import type { ClientAddress } from "./client-address.ts";
import type { Cors } from "./cors.ts";
import { type FileAnswer, sendFile } from "./file-answer.ts";
import { type Ending, type LedgerDeps, openLedger } from "./ledger.ts";
import { createSink } from "./sink.ts";

export interface Exchange {
  readonly req: IncomingMessage;
  readonly scope: RequestScope;
  /** The address that counts for limits. */
  readonly client: string;
  /** Keeps this request out of the transit log unless it fails: a monitor's poll. */
  silence(): void;
  /** Runs the work and sends what it gives; an error it throws is sent in the same way. */
  answer(work: () => Promise<Answer>, errorBody?: (error: RelayError) => unknown): Promise<void>;
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

const commonHeaders: Headers = {
  "cache-control": "no-store, no-transform",
  "x-content-type-options": "nosniff",
};

export function createExchange(
  req: IncomingMessage,
  res: ServerResponse,
  deps: ExchangeDeps,
): Exchange {
  const ledger = openLedger(deps, clientIdentity(req));
  const { scope } = ledger;
  const baseHeaders = {
    ...commonHeaders,
    ...deps.cors.headersFor(req),
    "x-request-id": givenRequestId(req) ?? scope.id,
  };

  // Settled when the connection closes: afterwards h3 ends the response, and it looks finished.
  let hasLeft = false;
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
      res.writeHead(204, { ...baseHeaders, ...outcome.headers }).end();
      return { status: 204, outcome: "completed" };
    }
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
    ledger.begin();
    const headers = { ...baseHeaders, ...errorHeaders(error) };
    // A body left unread would be taken for the next request on this connection.
    const close = req.complete ? {} : { connection: "close" };
    const text = deps.withoutSecrets(typeof body === "string" ? body : JSON.stringify(body));
    sendWhole(res, error.status, { ...headers, ...close }, text);
    return { status: error.status, outcome: "rejected", body, error };
  };

  return {
    req,
    scope,
    client: deps.clientAddress(req),
    silence: () => ledger.silence(),
    async answer(work, errorBody = openAiErrorBody) {
      try {
        ledger.conclude(await deliver(await work()));
      } catch (cause) {
        if (hasLeft) {
          ledger.conclude({ status: 499, outcome: "client_gone" });
          return;
        }
        const error = toRelayError(cause);
        // Too late for an error: the client sees the connection break, which it did.
        if (res.headersSent) {
          res.destroy();
          ledger.conclude({ status: res.statusCode, outcome: "failed", error });
        } else ledger.conclude(refuse(error, errorBody(error)));
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

/** What an error says in headers beside its body. */
export function errorHeaders({ code, details }: RelayError): Headers {
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

/** A request of the log as it can be made again, or the reason why it cannot. Pure. */
import { RelayError } from "../../errors.ts";
import { asString, isJsonObject, type JsonObject } from "../../protocol/json.ts";
import type { StoredRecord } from "../../transit/stored-transit.ts";
import { type KeptBody, keptBody } from "./kept-body.ts";

export interface RecordedRequest {
  readonly requestId: string;
  /** With its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: JsonObject;
  /** It came on a WebSocket, and goes as a POST. */
  readonly wasOnSocket: boolean;
}

/** The routes to a model: what else a client did is not done twice. */
const askable =
  /^(\/no-tools)?(\/v1\/(responses|chat\/completions|completions|messages|messages\/count_tokens)|\/api\/(chat|generate))$/;

/** Dialects are told apart by these; whatever else a client sent is its own. */
const dialectHeaders = ["anthropic-version", "anthropic-beta", "openai-beta"];

export function toRecordedRequest(records: readonly StoredRecord[]): RecordedRequest {
  const requestId = records[0]?.request_id ?? "";
  const refuse = (reason: string): never => {
    throw new RelayError("not_in_log", `\`${requestId}\` cannot be sent again: ${reason}`);
  };
  const request = records.find(({ phase }) => phase === "inbound_request");
  const inbound = records.find(({ phase }) => phase === "inbound_body");
  const path = asString(request?.["path"]) ?? "";
  const method = asString(request?.["method"]) ?? "";
  if (request === undefined) return refuse("it was not let in, so that nothing of it was kept.");
  if (!askable.test(path)) return refuse(`\`${method} ${path}\` asks no model.`);
  const wasOnSocket = method === "WEBSOCKET";
  if (inbound?.["is_warm_up"] === true) return refuse("it only warmed a connection up.");
  const body = wholeBody(keptBody(inbound), refuse);
  if (!isJsonObject(body)) return refuse("its body is no JSON object.");
  return {
    requestId,
    path: path + queryOf(request["query"]),
    headers: headersOf(request["headers"]),
    body: wasOnSocket ? { ...body, stream: true } : body,
    wasOnSocket,
  };
}

function wholeBody(body: KeptBody, refuse: (reason: string) => never): unknown {
  switch (body.kept) {
    case "whole":
      return body.value;
    case "in part":
      return refuse(
        `the log has its body without ${body.replaced === 1 ? "one value" : `${body.replaced} values`}, because secrets and files are not logged. It would ask something else.`,
      );
    case "its size":
      return refuse(
        "its body was not kept, because `logging.content` was `metadata`. With `full`, the next ones can.",
      );
    case "nothing":
      return refuse("the log has no body of it.");
    default:
      return body satisfies never;
  }
}

function queryOf(query: unknown): string {
  if (!isJsonObject(query)) return "";
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    typeof value === "string" ? [[name, value] as const] : [],
  );
  return pairs.length === 0 ? "" : `?${new URLSearchParams(Object.fromEntries(pairs))}`;
}

function headersOf(headers: unknown): Readonly<Record<string, string>> {
  if (!isJsonObject(headers)) return {};
  return Object.fromEntries(
    dialectHeaders.flatMap((name) => {
      const value = headers[name];
      return typeof value === "string" ? [[name, value]] : [];
    }),
  );
}

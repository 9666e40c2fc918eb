/** Everything below `/backend-api`: who may ask, which endpoint answers, and what a turn plays. */
import type { Clock } from "../scope.ts";
import { account } from "./account.ts";
import { playScenario } from "./casting.ts";
import { answerCompact } from "./compact.ts";
import { digest } from "./digest.ts";
import { readDirective } from "./directive.ts";
import { checkEngine } from "./engine-checks.ts";
import {
  type Answer,
  gatewayRefusal,
  mediaType,
  type Received,
  type WholeAnswer,
} from "./exchange.ts";
import type { Faults } from "./faults.ts";
import { checkGateway } from "./gateway-checks.ts";
import { tokenExpired, tokenInvalidated, tokenRevoked, unauthorized } from "./http-failures.ts";
import { isObject, type JsonObject, parseJson } from "./json.ts";
import { answerModels, findModel } from "./models.ts";
import type { Quota } from "./quota.ts";
import type { Check } from "./refusals.ts";
import type { TokenBook } from "./tokens.ts";
import { createTurn } from "./turn.ts";
import { answerWham } from "./wham.ts";

export interface Backend {
  /** The answer, or undefined when the path is not one of the backend's. */
  answer(received: Received): Answer | undefined;
  /** What a request for a WebSocket is refused with; undefined when it gets one. */
  refuseSocket(received: Received): WholeAnswer | undefined;
}

export interface BackendOptions {
  readonly clock: Clock;
  readonly tokens: TokenBook;
  readonly faults: Faults;
  readonly quota: Quota;
}

const base = "/backend-api";
const remembered = 1000;

export function createBackend({ clock, tokens, faults, quota }: BackendOptions): Backend {
  const seen = new Map<string, number>();
  const countSeen = (key: string): number => {
    const before = seen.get(key) ?? 0;
    seen.delete(key);
    seen.set(key, before + 1);
    const oldest = seen.keys().next();
    if (seen.size > remembered && !oldest.done) seen.delete(oldest.value);
    return before;
  };

  const respond = (received: Received): Answer => {
    const body = readBody(received);
    if ("kind" in body) return body;
    const refusal = checkGateway(body.json);
    if (refusal !== undefined) return refusal;
    const model = findModel(String(body.json["model"]));
    if (model === undefined) return gatewayRefusal("Bad Request");
    const isLite = received.headers["x-openai-internal-codex-responses-lite"] === "true";
    const engineRefusal = checkEngine(body.json, { model, isLite });
    if (engineRefusal !== undefined) return engineRefusal;
    const seed = digest(received.body);
    if (faults.state.usage === "exhausted") return quota.limitReached(seed);
    const { directive, text } = readDirective(body.json);
    const turn = createTurn({ body: body.json, text, model, seed, clock });
    const played = playScenario({
      turn,
      directive,
      context: { model: model.slug, quota, seed },
      countSeen: (id) => countSeen(id === "" ? seed : `id ${id}`),
    });
    if ("kind" in played) return played;
    return { kind: "stream", headers: quota.headers(seed), steps: played };
  };

  const compact = (received: Received): Answer => {
    const body = readBody(received);
    return "kind" in body ? body : answerCompact(body.json, digest(received.body), quota);
  };

  return {
    refuseSocket(received) {
      if (received.url.pathname !== `${base}/codex/responses`) {
        return gatewayRefusal("Not Found", 404);
      }
      return checkCaller(received, tokens);
    },
    answer(received) {
      const { pathname } = received.url;
      if (!pathname.startsWith(`${base}/`)) return undefined;
      const refusal = checkCaller(received, tokens);
      if (refusal !== undefined) return refusal;
      const path = pathname.slice(base.length);
      switch (`${received.method} ${path}`) {
        case "GET /codex/models":
          return answerModels(received.url.searchParams.get("client_version"));
        case "POST /codex/responses":
          return respond(received);
        case "POST /codex/responses/compact":
          return compact(received);
        default:
          return unknownEndpoint(received.method, path, quota);
      }
    },
  };
}

function unknownEndpoint(method: string, path: string, quota: Quota): Answer {
  const wham = answerWham(path, quota);
  if (method === "GET" && wham !== undefined) return wham;
  const isKnown =
    wham !== undefined ||
    ["/codex/models", "/codex/responses", "/codex/responses/compact"].includes(path);
  return isKnown ? gatewayRefusal("Method Not Allowed", 405) : gatewayRefusal("Not Found", 404);
}

function checkCaller({ headers }: Received, tokens: TokenBook): Check {
  const token = /^Bearer (\S+)$/i.exec(headers.authorization ?? "")?.[1];
  if (token === undefined) return unauthorized;
  switch (tokens.stateOf(token)) {
    case "unknown":
      return tokenInvalidated;
    case "expired":
      return tokenExpired;
    case "revoked":
      return tokenRevoked;
    case "valid":
  }
  const accountId = headers["chatgpt-account-id"];
  if (accountId === undefined) return unauthorized;
  if (accountId === account.id) return undefined;
  const message = "The workspace of this request is not one of the account's.";
  return gatewayRefusal({ code: "invalid_workspace", message }, 403);
}

function readBody(received: Received): { readonly json: JsonObject } | Answer {
  if (mediaType(received.headers["content-type"]) !== "application/json") {
    return gatewayRefusal("Unsupported content type");
  }
  const json = parseJson(received.body);
  return isObject(json) ? { json } : gatewayRefusal("Bad Request");
}

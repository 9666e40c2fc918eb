/** The answers that refuse a whole request, by name, in the words and headers of the real ones. */
import type { Keys } from "./directive.ts";
import {
  engineRefusal,
  gatewayRefusal,
  jsonAnswer,
  plainAnswer,
  type WholeAnswer,
} from "./exchange.ts";
import { modelRefusal } from "./gateway-checks.ts";
import { edgeHeaders, type Quota } from "./quota.ts";

export interface FailureContext {
  readonly model: string;
  readonly quota: Quota;
  readonly seed: string;
  readonly keys: Keys;
}

type Failure = (context: FailureContext) => WholeAnswer;

/** Every refusal by its name; each name is a scenario too. */
export const httpFailures: Readonly<Record<string, Failure>> = {
  "bad-request": () => gatewayRefusal("Bad Request"),
  "model-not-supported": ({ model }) => modelRefusal(model),
  unauthorized: () => unauthorized,
  "token-expired": () => tokenExpired,
  "token-invalidated": () => tokenInvalidated,
  "token-revoked": () => tokenRevoked,
  cloudflare: ({ seed }) =>
    plainAnswer(403, challengePage, {
      ...edgeHeaders(seed),
      "content-type": "text/html; charset=UTF-8",
      "cf-mitigated": "challenge",
    }),
  "deactivated-workspace": () =>
    gatewayRefusal(
      { code: "deactivated_workspace", message: "This workspace is deactivated." },
      403,
    ),
  "not-found": () => gatewayRefusal("Not Found", 404),
  "not-found-empty": () => plainAnswer(404, ""),
  "usage-limit": ({ quota, seed }) => quota.limitReached(seed),
  "usage-not-included": ({ quota, seed }) =>
    typed429("usage_not_included", "Usage is not included in the plan.", quota.headers(seed)),
  "insufficient-quota": ({ quota, seed }) =>
    typed429("insufficient_quota", "You exceeded your current quota.", quota.headers(seed)),
  "rate-limit": rateLimit,
  "server-error": ({ keys }) =>
    serverError(500, "server_error", "The server had an error processing your request.", keys),
  "bad-gateway": () =>
    plainAnswer(502, "<html><h1>502 Bad Gateway</h1></html>", { "content-type": "text/html" }),
  overloaded: ({ keys }) =>
    serverError(503, "server_is_overloaded", "Our servers are currently overloaded.", keys),
  "slow-down": ({ keys }) => serverError(503, "slow_down", "Slow down.", keys),
  "connection-limit": () =>
    engineRefusal({
      message:
        "Responses websocket connection limit reached (60 minutes). Create a new websocket connection to continue.",
      code: "websocket_connection_limit_reached",
    }),
  "previous-response-not-found": () => previousNotFound,
  unavailable: ({ keys }) =>
    serverError(503, "service_unavailable", "The service is unavailable.", keys),
};

/** What `status code=N` means when it names no variant. */
export const failureOfStatus: Readonly<Record<string, string>> = {
  400: "bad-request",
  401: "unauthorized",
  403: "cloudflare",
  404: "not-found",
  429: "usage-limit",
  500: "server-error",
  502: "bad-gateway",
  503: "overloaded",
};

/** An answer is remembered by the connection that it came on, and the newest one only. */
export const previousNotFound = engineRefusal({
  message: "Previous response not found.",
  param: "previous_response_id",
  code: "previous_response_not_found",
});

export const unauthorized = gatewayRefusal("Unauthorized", 401);

export const tokenExpired = engineRefusal(
  {
    message: "Provided authentication token is expired. Please try signing in again.",
    code: "token_expired",
  },
  401,
);

export const tokenInvalidated = engineRefusal(
  {
    message: "Your authentication token has been invalidated. Please try signing in again.",
    code: "token_invalidated",
  },
  401,
);

const revokedBody = JSON.stringify({
  error: {
    message: "Encountered invalidated oauth token for user, failing request",
    type: null,
    code: "token_revoked",
    param: null,
  },
  status: 401,
});

export const tokenRevoked = plainAnswer(401, revokedBody, {
  "content-type": "text/plain",
  "x-openai-authorization-error": "401",
  "x-openai-ide-error-code": "token_revoked",
  "x-error-json": Buffer.from(revokedBody).toString("base64"),
});

function rateLimit({ model, quota, seed, keys }: FailureContext): WholeAnswer {
  const seconds = keys.number("retry_after") || 1;
  const message = `Rate limit reached for ${model}. Please try again in ${seconds}s.`;
  return jsonAnswer(
    429,
    { error: { type: "requests", code: "rate_limit_exceeded", message } },
    { ...quota.headers(seed), "retry-after": String(seconds) },
  );
}

function typed429(type: string, message: string, headers: Record<string, string>): WholeAnswer {
  return jsonAnswer(429, { error: { type, message } }, headers);
}

function serverError(status: number, code: string, message: string, keys: Keys): WholeAnswer {
  const seconds = keys.number("retry_after");
  const error = { message, type: "server_error", param: null, code };
  return jsonAnswer(status, { error }, seconds > 0 ? { "retry-after": String(seconds) } : {});
}

const challengePage = `<!DOCTYPE html><html lang="en-US"><head><title>Just a moment...</title></head>
<body><h1>Attention Required! | Cloudflare</h1><p>Enable JavaScript and cookies to continue</p></body></html>
`;

/**
 * Requests to the login server and what its refusals mean. Owns the time limit, the size limit and
 * the wording; knows no grant. What the server says is cut and cleaned before a person reads it.
 */
import { RelayError } from "../errors.ts";
import { networkFaultOf } from "../network-fault.ts";

export type Fetch = (url: string, init: IssuerRequest) => Promise<Response>;

export interface IssuerRequest {
  readonly method: "POST";
  readonly redirect: "manual";
  readonly headers: Record<string, string>;
  readonly body: string;
  readonly signal: AbortSignal;
}

export interface IssuerAnswer {
  readonly status: number;
  /** The JSON object of the body; empty when the body is something else. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** Cloudflare answered instead of the login server. */
  readonly isChallenge: boolean;
  readonly requestId: string | undefined;
}

export interface IssuerHttp {
  /** Posts a form or a JSON object. Rejects only when no answer came. */
  post(
    url: string,
    body: URLSearchParams | Readonly<Record<string, string>>,
    signal?: AbortSignal,
  ): Promise<IssuerAnswer>;
}

export interface IssuerHttpOptions {
  readonly fetch: Fetch;
  /** `airelays/<version>`: the server may know who calls. */
  readonly userAgent: string;
  readonly timeoutMs?: number;
}

const bodyLimit = 256 * 1024;

export function createIssuerHttp(options: IssuerHttpOptions): IssuerHttp {
  const { fetch, userAgent, timeoutMs = 30_000 } = options;
  return {
    async post(url, body, signal) {
      const isForm = body instanceof URLSearchParams;
      const timeout = AbortSignal.timeout(timeoutMs);
      try {
        const response = await fetch(url, {
          method: "POST",
          // A redirect would carry the code or the refresh token to wherever it points.
          redirect: "manual",
          headers: {
            accept: "application/json",
            "content-type": isForm ? "application/x-www-form-urlencoded" : "application/json",
            "user-agent": userAgent,
          },
          body: isForm ? body.toString() : JSON.stringify(body),
          signal: signal === undefined ? timeout : AbortSignal.any([timeout, signal]),
        });
        return await readAnswer(response);
      } catch (error) {
        if (signal?.aborted) throw signal.reason;
        throw noAnswer(new URL(url).host, timeout.aborted ? timeoutMs : undefined, error);
      }
    },
  };
}

/** The server's own code for its refusal: nested as OpenAI does it, or flat as OAuth does. */
export function refusalCode({ fields }: IssuerAnswer): string | undefined {
  const { error, code } = fields;
  const nested = isRecord(error) ? error["code"] : error;
  return [nested, code].filter((value) => typeof value === "string").map(clean)[0];
}

/** A sign-in that the server refused. */
export function signInRefused(answer: IssuerAnswer, step: string): RelayError {
  return new RelayError("login_failed", `${step} failed. ${describe(answer)}`, facts(answer));
}

const finalRefreshCodes: readonly (string | undefined)[] = [
  "refresh_token_expired",
  "refresh_token_reused",
  "refresh_token_invalidated",
  "invalid_grant",
];

/** A refresh that the server refused: final, or to be tried again later. */
export function refreshRefused(answer: IssuerAnswer): RelayError {
  if (answer.isChallenge) {
    return new RelayError("upstream_blocked_by_cloudflare", describe(answer), facts(answer));
  }
  if (answer.status === 401 || finalRefreshCodes.includes(refusalCode(answer))) {
    return new RelayError(
      "upstream_auth_refresh_failed",
      `The ChatGPT sign-in can no longer be renewed. ${describe(answer)} Run: airelays login`,
      { ...facts(answer), hint: "airelays login" },
    );
  }
  const code = answer.status === 429 ? "upstream_rate_limited" : "upstream_error";
  const text = `The ChatGPT sign-in could not be renewed just now. ${describe(answer)}`;
  return new RelayError(code, text, facts(answer));
}

/** Text of the server as one short line: no control characters, nothing as long as a token. */
export function clean(text: string): string {
  return text
    .replace(/\p{C}+/gu, " ")
    .replace(/[\w.~+/=-]{40,}/g, "[redacted]")
    .slice(0, 300);
}

function describe(answer: IssuerAnswer): string {
  if (answer.isChallenge) {
    return "Cloudflare, in front of the login server, took this for a robot and answered with a challenge page. Try again later or from another network.";
  }
  const { error, error_description } = answer.fields;
  const message = isRecord(error) ? error["message"] : error_description;
  const code = refusalCode(answer);
  const says = `The login server answered ${answer.status}${code === undefined ? "" : ` \`${code}\``}`;
  const text = typeof message === "string" ? clean(message).trim().replace(/\.$/, "") : "";
  return text === "" ? `${says}.` : `${says}: ${text}.`;
}

function facts(answer: IssuerAnswer) {
  const code = refusalCode(answer);
  return {
    upstream: {
      status: answer.status,
      ...(code === undefined ? {} : { code }),
      ...(answer.requestId === undefined ? {} : { requestId: answer.requestId }),
    },
  };
}

async function readAnswer(response: Response): Promise<IssuerAnswer> {
  const text = await readBounded(response);
  const isPage = (response.headers.get("content-type") ?? "").startsWith("text/html");
  return {
    status: response.status,
    fields: parseFields(text),
    isChallenge:
      response.headers.get("cf-mitigated") === "challenge" ||
      (isPage && (response.status === 403 || response.status === 503)),
    requestId: response.headers.get("x-request-id") ?? undefined,
  };
}

async function readBounded(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const part of response.body ?? []) {
    text += decoder.decode(part as Uint8Array, { stream: true });
    // A longer answer is no token; leaving the loop cancels the rest.
    if (text.length > bodyLimit) return "";
  }
  return text;
}

function parseFields(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : {};
  } catch {
    // A page or a plain text: the status is what is left to report.
    return {};
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function noAnswer(host: string, limitMs: number | undefined, cause: unknown): RelayError {
  if (limitMs !== undefined) {
    const text = `\`${host}\` did not answer within ${limitMs / 1000} s. Try again.`;
    return new RelayError("upstream_timeout", text, { cause });
  }
  const { reason } = networkFaultOf(cause);
  const text = `Could not reach \`${host}\`: ${reason}. Check the network, then try again.`;
  return new RelayError("upstream_unreachable", text, { cause });
}

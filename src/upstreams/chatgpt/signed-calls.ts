/** Calls over HTTP with the login: a 401 is answered by one refresh and one repeat. */
import type { Cancellation } from "../../cancellation.ts";
import type { RelayError } from "../../errors.ts";
import type { HttpAnswer, HttpClient } from "../http.ts";
import type { CredentialSource, UpstreamCredentials } from "../upstream.ts";
import { fromHttpFailure } from "./errors.ts";
import { callerHeaders, type Identity } from "./transport.ts";

export interface SignedCall {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** With it the call is a POST. */
  readonly body?: string;
}

export type SignedCalls = (call: SignedCall, signal: Cancellation) => Promise<HttpAnswer>;

export interface SignedCallsOptions {
  readonly identity: Identity;
  readonly credentials: CredentialSource;
  readonly http: Pick<HttpClient, "send">;
}

const errorBodyLimit = 64 * 1024;

export function createSignedCalls(options: SignedCallsOptions): SignedCalls {
  const { identity, credentials, http } = options;
  return async ({ url, headers, body }, signal) => {
    const attempt = (login: UpstreamCredentials): Promise<HttpAnswer> =>
      http.send({
        method: body === undefined ? "GET" : "POST",
        url,
        // A spread of two objects is 1 % of a small request.
        headers: Object.assign(callerHeaders(identity, login), headers),
        ...(body === undefined ? {} : { body }),
        signal,
      });
    const login = await credentials.current(signal);
    const answer = await attempt(login);
    if (answer.status !== 401) return answer;
    await answer.wholeText(errorBodyLimit);
    return attempt(await credentials.refresh(login, signal));
  };
}

/** What an answer means that is no success. */
export async function failureOf(answer: HttpAnswer): Promise<RelayError> {
  const body = await answer.wholeText(errorBodyLimit);
  return fromHttpFailure({ status: answer.status, body, header: (name) => answer.header(name) });
}

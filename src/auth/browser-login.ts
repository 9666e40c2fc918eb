/**
 * Sign-in on the consent page in a browser of this machine: authorization code with PKCE and a
 * loopback callback. Opens no browser; the caller decides what to do with the address.
 */
import { timingSafeEqual } from "node:crypto";
import { RelayError, toRelayError } from "../errors.ts";
import type { Clock } from "../scope.ts";
import { openCallbackServer } from "./callback-server.ts";
import { type Credentials, credentialsOfSignIn, describeAccount } from "./credentials.ts";
import { clean } from "./issuer-http.ts";
import { type LoginMethod, requireAccount, type Sleep, signInCancelled } from "./login-method.ts";
import type { LoginPage } from "./login-page.ts";
import type { Authorization, OAuth } from "./oauth.ts";

export interface BrowserLoginOptions {
  readonly oauth: OAuth;
  readonly clock: Clock;
  readonly sleep: Sleep;
  readonly onUrl: (url: string) => void;
  /** Lines that the person pastes: the browser may run on another machine, which cannot reach this one. */
  readonly pasted?: (signal: AbortSignal) => AsyncIterable<string>;
  /** A line was pasted that is not this sign-in's address. */
  readonly onNotExpected?: () => void;
  readonly workspaceId?: string | undefined;
  readonly timeoutSeconds?: number;
  /** The login server knows these two and no other. */
  readonly ports?: readonly number[];
}

/** How long the listener stays for the browser to fetch the page after the sign-in. */
const lingerMs = 2000;

export function createBrowserLogin(options: BrowserLoginOptions): LoginMethod {
  const { oauth, clock, sleep, onUrl, workspaceId } = options;
  const { ports = [1455, 1457], timeoutSeconds = 15 * 60 } = options;

  const finish = async (
    query: URLSearchParams,
    authorization: Authorization,
    redirectUri: string,
    signal: AbortSignal,
  ): Promise<Credentials> => {
    const refusal = query.get("error");
    if (refusal !== null) throw declined(refusal, query.get("error_description") ?? "");
    const code = query.get("code") ?? "";
    if (code === "") throw failed("The login server sent the browser back without a code.");
    const { codeVerifier, state } = authorization;
    const proof = { code, redirectUri, codeVerifier, callback: { query, state } };
    const grant = await oauth.exchangeCode(proof, signal);
    const credentials = credentialsOfSignIn(grant, clock.now());
    requireAccount(credentials, workspaceId);
    return credentials;
  };

  const run = async (signal: AbortSignal): Promise<Credentials> => {
    const ended = new AbortController();
    const until = AbortSignal.any([signal, ended.signal]);
    let expected:
      | { readonly authorization: Authorization; readonly redirectUri: string }
      | undefined;
    let arrive: (work: Promise<Credentials>) => void;
    const arrival = new Promise<Credentials>((resolve) => {
      arrive = resolve;
    });
    // Any page can call this address: a wrong state must not end the wait, and a right one counts
    // once.
    const take = (query: URLSearchParams): Promise<Credentials> | undefined => {
      if (expected === undefined || !hasState(query, expected.authorization.state))
        return undefined;
      const { authorization, redirectUri } = expected;
      expected = undefined;
      const work = finish(query, authorization, redirectUri, until);
      arrive(work);
      return work;
    };
    const readPasted = async (): Promise<void> => {
      for await (const line of options.pasted?.(until) ?? []) {
        if (line.trim() === "") continue;
        if (take(queryOf(line)) !== undefined) return;
        options.onNotExpected?.();
      }
    };
    let isInBrowser = false;
    const server = await openCallbackServer({
      ports,
      onCallback(query) {
        const work = take(query);
        isInBrowser ||= work !== undefined;
        return work?.then(successPage, failurePage);
      },
    });
    try {
      // `localhost`, not `127.0.0.1`: the form that this client has registered for longest.
      const redirectUri = `http://localhost:${server.port}/auth/callback`;
      const authorization = await oauth.authorize(redirectUri);
      expected = { authorization, redirectUri };
      onUrl(authorization.url);
      // A terminal that breaks leaves the browser's way.
      readPasted().catch(() => undefined);
      const expiry = sleep(timeoutSeconds * 1000, until).then(() => {
        throw timedOut(timeoutSeconds);
      });
      const outcome = await Promise.race([arrival, expiry]).then(
        (credentials) => () => credentials,
        (error: unknown) => () => {
          throw error;
        },
      );
      if (isInBrowser && !signal.aborted) {
        // The sign-in is decided: an abort now only shortens the wait.
        await Promise.race([server.shown, sleep(lingerMs, until).catch(() => {})]);
      }
      return outcome();
    } finally {
      ended.abort();
      await server.close();
    }
  };

  return {
    name: "browser",
    async signIn(signal) {
      try {
        return await run(signal);
      } catch (error) {
        throw signal.aborted ? signInCancelled() : toRelayError(error);
      }
    },
  };
}

/** The query of an address as people copy it: whole, in quotes, or from the question mark on. */
function queryOf(line: string): URLSearchParams {
  const text = line.trim().replace(/^["'<]+|[>"']+$/g, "");
  const query = text.slice(text.indexOf("?") + 1).replace(/#.*$/, "");
  return new URLSearchParams(query);
}

function hasState(query: URLSearchParams, state: string): boolean {
  const [given, ...more] = query.getAll("state");
  if (given === undefined || more.length > 0) return false;
  const [left, right] = [Buffer.from(given), Buffer.from(state)];
  return left.length === right.length && timingSafeEqual(left, right);
}

function successPage(credentials: Credentials): LoginPage {
  const { email } = describeAccount(credentials);
  const who = email === undefined ? "You are signed in" : `You are signed in as ${email}`;
  return { title: "Signed in", text: `${who}. Go back to the terminal; this page can be closed.` };
}

function failurePage(error: unknown): LoginPage {
  const { message } = toRelayError(error);
  return { title: "Sign-in failed", text: `Go back to the terminal. ${message}` };
}

function declined(code: string, description: string): RelayError {
  // A company can leave Codex out of its workspace; the generic text would not say whom to ask.
  if (code === "access_denied" && description.includes("missing_codex_entitlement")) {
    return failed(
      "This workspace has no access to Codex. Ask its administrator, or choose another.",
    );
  }
  const text = clean(description).trim().replace(/\.$/, "");
  const detail = text === "" ? "" : `: ${text}`;
  return failed(`The login server refused with \`${clean(code)}\`${detail}.`);
}

function timedOut(timeoutSeconds: number): RelayError {
  const minutes = Math.round(timeoutSeconds / 6) / 10;
  return failed(`The browser did not come back within ${minutes} minutes.`);
}

function failed(what: string): RelayError {
  return new RelayError("login_failed", `${what} Run: airelays login`, { hint: "airelays login" });
}

/**
 * The grants of the login server: authorization address, code exchange, refresh, revocation. Knows
 * what this server does differently from the standard; decides nothing about when to use it.
 */
import * as oidc from "openid-client";
import { RelayError, reasonOf } from "../errors.ts";
import type { TokenGrant } from "./credentials.ts";
import {
  createIssuerHttp,
  type Fetch,
  type IssuerAnswer,
  refreshRefused,
  signInRefused,
} from "./issuer-http.ts";

export interface OAuthOptions {
  /** `https://auth.openai.com`; plain http on loopback only. */
  readonly issuer: string;
  readonly clientId: string;
  /** Names this program to the login server. */
  readonly originator: string;
  readonly userAgent: string;
  readonly fetch: Fetch;
  /** Offers only this workspace on the consent page. */
  readonly workspaceId?: string | undefined;
}

/** A consent page that waits for a person, and what proves later that the answer belongs to it. */
export interface Authorization {
  readonly url: string;
  readonly state: string;
  readonly codeVerifier: string;
}

export interface CodeProof {
  readonly code: string;
  /** The same text as in the authorization address. */
  readonly redirectUri: string;
  readonly codeVerifier: string;
  /** What a browser brought back, and the state it was sent out with. A device code has neither. */
  readonly callback?: { readonly query: URLSearchParams; readonly state: string };
}

export interface OAuth {
  /** Without a slash at its end. */
  readonly issuer: string;
  readonly clientId: string;
  authorize(redirectUri: string): Promise<Authorization>;
  exchangeCode(proof: CodeProof, signal?: AbortSignal): Promise<TokenGrant>;
  refresh(refreshToken: string): Promise<TokenGrant>;
  /** Ends the login at the server. Rejects when the server did not confirm. */
  revoke(refreshToken: string): Promise<void>;
}

/** Stands where a refresh left the access token as it was; the library wants one in every answer. */
const unchanged = "unchanged";

/**
 * How far the clock of this machine may be off when the end of an id token is judged. The token comes
 * straight from the server in exchange for a code that works once; a machine that keeps local time as
 * UTC is up to fourteen hours off, and must be able to sign in.
 */
const clockToleranceSeconds = 24 * 60 * 60;

export function createOAuth(options: OAuthOptions): OAuth {
  const { clientId, originator, workspaceId } = options;
  const issuer = requireSafeIssuer(options.issuer);
  const http = createIssuerHttp(options);
  const revocationHttp = createIssuerHttp({ ...options, timeoutMs: 10_000 });

  const configure = (
    refused: (answer: IssuerAnswer) => RelayError,
    signal?: AbortSignal,
  ): oidc.Configuration => {
    const metadata = {
      issuer,
      authorization_endpoint: `${issuer}/oauth/authorize`,
      token_endpoint: `${issuer}/oauth/token`,
    };
    const client = { [oidc.clockTolerance]: clockToleranceSeconds };
    const configuration = new oidc.Configuration(metadata, clientId, client, oidc.None());
    // `requireSafeIssuer` lets plain http through on loopback only.
    if (issuer.startsWith("http:")) oidc.allowInsecureRequests(configuration);
    // The one place where the server's ways and the standard meet:
    // - a refresh goes out as JSON, as the server's own client sends it;
    // - an answer gets the `token_type` that may be missing, and loses null and empty fields;
    // - the id token of a refresh is set aside: the refresh token beside it has already replaced the
    //   old one, and refusing the answer would lose the login. That of a sign-in is validated;
    // - a refusal becomes our error here, because the library does not read nested error codes.
    configuration[oidc.customFetch] = async (url, { body }) => {
      const form = new URLSearchParams(String(body));
      const isRefresh = form.get("grant_type") === "refresh_token";
      const answer = await http.post(url, isRefresh ? Object.fromEntries(form) : form, signal);
      if (answer.status !== 200) throw refused(answer);
      const { id_token, ...fields } = Object.fromEntries(
        Object.entries(answer.fields).filter(([, value]) => value !== null && value !== ""),
      );
      const access_token = fields["access_token"] ?? (isRefresh ? unchanged : undefined);
      const identity = isRefresh ? { set_aside: id_token } : { id_token };
      return Response.json({ token_type: "Bearer", ...fields, access_token, ...identity });
    };
    return configuration;
  };

  return {
    issuer,
    clientId,
    async authorize(redirectUri) {
      const state = oidc.randomState();
      const codeVerifier = oidc.randomPKCECodeVerifier();
      const codeChallenge = await oidc.calculatePKCECodeChallenge(codeVerifier);
      const url = oidc.buildAuthorizationUrl(configure(refreshRefused), {
        redirect_uri: redirectUri,
        scope: "openid profile email offline_access",
        code_challenge: codeChallenge,
        code_challenge_method: "S256",
        state,
        id_token_add_organizations: "true",
        codex_cli_simplified_flow: "true",
        originator,
        ...(workspaceId === undefined ? {} : { allowed_workspace_id: workspaceId }),
      });
      // A `+` of the query is a space; some terminals and chats break an address at it.
      return { url: url.href.replaceAll("+", "%20"), state, codeVerifier };
    },
    async exchangeCode({ code, redirectUri, codeVerifier, callback }, signal) {
      const step = "The sign-in";
      const configuration = configure((answer) => signInRefused(answer, step), signal);
      const address = new URL(redirectUri);
      address.search = (callback?.query ?? new URLSearchParams({ code })).toString();
      // There is no nonce: the PKCE proof binds the answer to this sign-in, and the server's own
      // client sends none. The library refuses an id token that has one.
      const checks = {
        pkceCodeVerifier: codeVerifier,
        ...(callback === undefined ? {} : { expectedState: callback.state }),
      };
      const grant = await oidc
        .authorizationCodeGrant(configuration, address, checks)
        .then(toGrant)
        .catch((error: unknown) => {
          throw (
            ourError(error) ??
            signal?.reason ??
            unreadable("login_failed", `${step} failed.`, error)
          );
        });
      if (grant.idToken === undefined || grant.refreshToken === undefined) {
        throw new RelayError(
          "login_failed",
          `${step} failed: the server left out a token. Try again.`,
        );
      }
      return grant;
    },
    refresh(refreshToken) {
      return oidc
        .refreshTokenGrant(configure(refreshRefused), refreshToken)
        .then(toGrant)
        .catch((error: unknown) => {
          const what = "The ChatGPT sign-in could not be renewed just now.";
          throw ourError(error) ?? unreadable("upstream_error", what, error);
        });
    },
    async revoke(token) {
      const answer = await revocationHttp.post(`${issuer}/oauth/revoke`, {
        token,
        token_type_hint: "refresh_token",
        client_id: clientId,
      });
      if (answer.status >= 300) throw signInRefused(answer, "Ending the sign-in at the server");
    },
  };
}

function requireSafeIssuer(issuer: string): string {
  const url = URL.canParse(issuer) ? new URL(issuer) : undefined;
  const isLoopback = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url?.hostname ?? "");
  if (url?.protocol === "https:" || (url?.protocol === "http:" && isLoopback)) {
    return issuer.replace(/\/+$/, "");
  }
  throw new RelayError(
    "config_invalid",
    `The login server \`${issuer}\` must be an https address; plain http is allowed on loopback only.`,
  );
}

function toGrant(answer: oidc.TokenEndpointResponse): TokenGrant {
  const { access_token, refresh_token, earliest_refresh_at } = answer;
  const idToken = answer.id_token ?? answer["set_aside"];
  return {
    accessToken: access_token === unchanged ? undefined : access_token,
    refreshToken: refresh_token,
    idToken: typeof idToken === "string" ? idToken : undefined,
    earliestRefreshAt: typeof earliest_refresh_at === "number" ? earliest_refresh_at : undefined,
  };
}

/** Our own error, which the library wraps on its way out. */
function ourError(error: unknown): RelayError | undefined {
  if (error instanceof RelayError) return error;
  return error instanceof Error && error.cause instanceof RelayError ? error.cause : undefined;
}

/** The library's error without its `cause`, which holds the answer with the tokens. */
function unreadable(
  code: "login_failed" | "upstream_error",
  what: string,
  error: unknown,
): RelayError {
  const { code: reason } = error as { readonly code?: unknown };
  const remedy =
    reason === "OAUTH_JWT_TIMESTAMP_CHECK_FAILED"
      ? "Check the date and time of this machine, then try again."
      : "Try again.";
  return new RelayError(
    code,
    `${what} The login server's answer was not understood: ${reasonOf(error)}. ${remedy}`,
  );
}

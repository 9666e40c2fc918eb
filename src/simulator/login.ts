/**
 * The login server: authorize, token, revoke. Its device half is `device.ts`. It signs everybody in
 * at once as the one account; what it is strict about is the protocol.
 */

import type { Clock } from "../scope.ts";
import { clientId } from "./account.ts";
import { createDeviceLogin } from "./device.ts";
import {
  type Answer,
  jsonAnswer,
  mediaType,
  plainAnswer,
  type Received,
  readFields,
} from "./exchange.ts";
import type { Faults } from "./faults.ts";
import { createGrants } from "./grants.ts";
import type { TokenBook, TokenSet } from "./tokens.ts";

export interface LoginServer {
  /** The answer, or undefined when the path is not one of the login server's. */
  answer(received: Received): Answer | undefined;
  readonly counts: { readonly logins: number; readonly refreshes: number };
}

export interface LoginOptions {
  readonly clock: Clock;
  readonly tokens: TokenBook;
  readonly faults: Faults;
}

const defaultScope = "openid profile email offline_access";
const deviceScope = "openid profile email offline_access api.connectors.read api.connectors.invoke";

/** The redirects that this client has registered. Upstream knows two ports; any is taken here. */
const redirectForm = /^http:\/\/(localhost|127\.0\.0\.1)(:\d{1,5})?\/auth\/callback$/;

export function createLoginServer({ clock, tokens, faults }: LoginOptions): LoginServer {
  const grants = createGrants({ clock });
  const device = createDeviceLogin({ clock, faults, grants, scope: deviceScope });
  const counts = { logins: 0, refreshes: 0 };

  const authorize = ({ url }: Received): Answer => {
    const query = url.searchParams;
    const redirect = query.get("redirect_uri") ?? "";
    // Nothing is sent to an address that the client does not own, so these two are not redirected.
    if (query.get("client_id") !== clientId) {
      return oauthRefusal("invalid_client", "The requested OAuth 2.0 Client does not exist.");
    }
    if (!redirectForm.test(redirect)) {
      return oauthRefusal(
        "invalid_request",
        "The `redirect_uri` is not registered for this client.",
      );
    }
    const back = (fields: Readonly<Record<string, string>>): Answer => {
      const target = new URL(redirect);
      for (const [key, value] of Object.entries(fields)) target.searchParams.set(key, value);
      const state = query.get("state");
      if (state !== null) target.searchParams.set("state", state);
      return plainAnswer(302, "", { location: target.href });
    };
    const problem = authorizeProblem(query);
    if (problem !== undefined) return back(problem);
    if (faults.state.login === "denied") {
      return back({ error: "access_denied", error_description: "The stand-in was told to deny." });
    }
    const scope = query.get("scope") ?? defaultScope;
    const challenge = query.get("code_challenge") ?? "";
    const code = grants.open({ challenge, scope, acceptsRedirect: (uri) => uri === redirect });
    return back({ code, scope });
  };

  const exchangeCode = (fields: ReadonlyMap<string, string>, received: Received): Answer => {
    if (mediaType(received.headers["content-type"]) !== "application/x-www-form-urlencoded") {
      return oauthRefusal(
        "invalid_request",
        "An `authorization_code` grant must be sent as a form.",
      );
    }
    for (const name of ["code", "redirect_uri", "code_verifier"]) {
      if (!fields.get(name)) return oauthRefusal("invalid_request", `\`${name}\` is missing.`);
    }
    const redeemed = grants.redeem(fields.get("code") ?? "", {
      redirectUri: fields.get("redirect_uri") ?? "",
      verifier: fields.get("code_verifier") ?? "",
    });
    if ("refused" in redeemed) return oauthRefusal("invalid_grant", redeemed.refused);
    counts.logins += 1;
    return tokenAnswer(tokens.issue(redeemed.scope, `http://${received.headers.host}`));
  };

  const refresh = (fields: ReadonlyMap<string, string>): Answer => {
    switch (faults.state.refresh) {
      case "server_error":
        return jsonAnswer(500, {
          error: { message: "Internal server error", type: "server_error" },
        });
      case "expired":
        return refreshRefusal("expired");
      case "reused":
        return refreshRefusal("reused");
      case "invalidated":
        return refreshRefusal("invalidated");
      case "none":
    }
    const refreshToken = fields.get("refresh_token");
    if (!refreshToken) return oauthRefusal("invalid_request", "`refresh_token` is missing.");
    const rotated = tokens.rotate(refreshToken);
    if (typeof rotated === "string") return refreshRefusal(rotated);
    counts.refreshes += 1;
    return tokenAnswer(rotated);
  };

  const token = (received: Received): Answer => {
    const fields = readFields(received);
    if (fields === undefined) {
      return oauthRefusal("invalid_request", "The body must be a form or a JSON object.");
    }
    if (fields.get("client_id") !== clientId) {
      return oauthRefusal("invalid_client", "Client authentication failed: unknown client.", 401);
    }
    switch (fields.get("grant_type")) {
      case "authorization_code":
        return exchangeCode(fields, received);
      case "refresh_token":
        return refresh(fields);
      case "urn:ietf:params:oauth:grant-type:token-exchange":
        // What a personal account gets; it is normal and no reason to fail a login.
        return nested401("Invalid ID token: missing organization_id", "invalid_subject_token");
      default:
        return oauthRefusal("unsupported_grant_type", "The grant type is not supported.");
    }
  };

  const revoke = (received: Received): Answer => {
    const revoked = readFields(received)?.get("token");
    if (!revoked) return oauthRefusal("invalid_request", "`token` is missing.");
    tokens.revoke(revoked);
    return jsonAnswer(200, {});
  };

  return {
    counts,
    answer(received) {
      switch (`${received.method} ${received.url.pathname}`) {
        case "GET /oauth/authorize":
          return authorize(received);
        case "POST /oauth/token":
          return token(received);
        case "POST /oauth/revoke":
          return revoke(received);
        default:
          return device.answer(received);
      }
    },
  };
}

function authorizeProblem(query: URLSearchParams): Record<string, string> | undefined {
  const refuse = (error: string, text: string) => ({ error, error_description: text });
  if (query.get("response_type") !== "code") {
    return refuse("unsupported_response_type", "`response_type` must be `code`.");
  }
  // Hydra, which runs upstream, wants eight characters of state at least.
  if ((query.get("state") ?? "").length < 8) {
    return refuse("invalid_state", "`state` is missing or has less than 8 characters.");
  }
  if (query.get("code_challenge_method") !== "S256") {
    return refuse("invalid_request", "`code_challenge_method` must be `S256`.");
  }
  if (!/^[A-Za-z0-9_-]{43}$/.test(query.get("code_challenge") ?? "")) {
    return refuse(
      "invalid_request",
      "`code_challenge` must be the base64url SHA-256 of the verifier.",
    );
  }
  if (!(query.get("scope") ?? defaultScope).split(" ").includes("openid")) {
    return refuse("invalid_scope", "`scope` must contain `openid`.");
  }
  return undefined;
}

function tokenAnswer(tokens: TokenSet): Answer {
  return jsonAnswer(200, tokens, { "cache-control": "no-store", "openai-version": "2020-10-01" });
}

function oauthRefusal(error: string, description: string, status = 400): Answer {
  return jsonAnswer(status, { error, error_description: description });
}

const refreshTexts = {
  expired: "Your refresh token has expired. Please log in again.",
  reused:
    "Your refresh token has already been used to generate a new access token. Please try signing in again.",
  invalidated: "Your session has ended. Please log in again.",
} as const;

function refreshRefusal(reason: keyof typeof refreshTexts): Answer {
  return nested401(refreshTexts[reason], `refresh_token_${reason}`);
}

function nested401(message: string, code: string): Answer {
  return jsonAnswer(401, { error: { message, type: "invalid_request_error", param: null, code } });
}

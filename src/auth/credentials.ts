/**
 * The ChatGPT login as a value: its tokens and the account that it is bound to. Knows how a grant
 * of the issuer changes it, and shows no token to `JSON.stringify` or `util.inspect`.
 */
import { inspect } from "node:util";
import { readClaims } from "./claims.ts";

/** What a login consists of; a file of an older version may hold only a part of it. */
export interface CredentialFields {
  readonly accessToken: string | undefined;
  readonly refreshToken: string | undefined;
  readonly idToken: string | undefined;
  readonly accountId: string | undefined;
  /** The account of the last login. A refresh that answers for another account does not change it. */
  readonly boundAccountId: string | undefined;
  /** ISO 8601. */
  readonly lastRefresh: string | undefined;
  /** Unix seconds before which the issuer wants no refresh. */
  readonly earliestRefreshAt: number | undefined;
  /** Fields of the stored file that are not ours, kept on save. */
  readonly extra: Readonly<Record<string, unknown>>;
  /** The same for the `tokens` object of the stored file. */
  readonly extraTokens: Readonly<Record<string, unknown>>;
}

/** A login that does not print its tokens. Made by `createCredentials` only: a spread would print them. */
export interface Credentials extends CredentialFields {
  toJSON(): unknown;
}

/** A login that can be sent to the upstream. */
export interface UsableCredentials extends Credentials {
  readonly accessToken: string;
  readonly accountId: string;
}

/** What the issuer's token endpoint answered; a refresh may leave out what stays as it was. */
export interface TokenGrant {
  readonly accessToken?: string | undefined;
  readonly refreshToken?: string | undefined;
  readonly idToken?: string | undefined;
  readonly earliestRefreshAt?: number | undefined;
}

const redacting = {
  toJSON(this: CredentialFields): unknown {
    return {
      accountId: this.accountId,
      boundAccountId: this.boundAccountId,
      lastRefresh: this.lastRefresh,
      accessToken: redact(this.accessToken),
      refreshToken: redact(this.refreshToken),
      idToken: redact(this.idToken),
    };
  },
  [inspect.custom](this: Credentials): unknown {
    return this.toJSON();
  },
};

/** A login of these fields; what is left out is unknown. */
export function createCredentials(fields: Partial<CredentialFields>): Credentials {
  const whole: CredentialFields = {
    accessToken: fields.accessToken,
    refreshToken: fields.refreshToken,
    idToken: fields.idToken,
    accountId: fields.accountId,
    boundAccountId: fields.boundAccountId,
    lastRefresh: fields.lastRefresh,
    earliestRefreshAt: fields.earliestRefreshAt,
    extra: fields.extra ?? {},
    extraTokens: fields.extraTokens ?? {},
  };
  return Object.assign(Object.create(redacting) as typeof redacting, whole);
}

/** The login after a new sign-in: bound to the account that the tokens name. */
export function credentialsOfSignIn(grant: TokenGrant, now: number): Credentials {
  const accountId = accountOf(grant);
  return createCredentials({
    accessToken: grant.accessToken,
    refreshToken: grant.refreshToken,
    idToken: grant.idToken,
    accountId,
    boundAccountId: accountId,
    lastRefresh: new Date(now).toISOString(),
    earliestRefreshAt: grant.earliestRefreshAt,
  });
}

/** The login after a refresh: what the answer leaves out stays as it was, the binding always. */
export function credentialsOfRefresh(
  before: Credentials,
  grant: TokenGrant,
  now: number,
): Credentials {
  return createCredentials({
    ...before,
    accessToken: grant.accessToken ?? before.accessToken,
    refreshToken: grant.refreshToken ?? before.refreshToken,
    idToken: grant.idToken ?? before.idToken,
    accountId: accountOf(grant) ?? before.accountId,
    lastRefresh: new Date(now).toISOString(),
    earliestRefreshAt: grant.earliestRefreshAt,
  });
}

/** A file with only an API key is not a login. */
export function holdsTokens(login: Credentials): boolean {
  return login.accessToken !== undefined || login.refreshToken !== undefined;
}

/** Of two copies of a login, the older one's refresh token may be spent. */
export function isNewer(login: Credentials, than: Credentials | undefined): boolean {
  if (than === undefined) return true;
  return Date.parse(login.lastRefresh ?? "") > Date.parse(than.lastRefresh ?? "");
}

/** E-mail and plan for a person to recognise the account. */
export function describeAccount(credentials: CredentialFields): {
  readonly email: string | undefined;
  readonly plan: string | undefined;
} {
  const identity = readClaims(credentials.idToken);
  const access = readClaims(credentials.accessToken);
  // The access token is renewed more often than the id token: a change of plan shows there first.
  return { email: identity.email ?? access.email, plan: access.plan ?? identity.plan };
}

function accountOf(grant: TokenGrant): string | undefined {
  return readClaims(grant.idToken).accountId ?? readClaims(grant.accessToken).accountId;
}

function redact(token: string | undefined): string | undefined {
  return token === undefined ? undefined : "[redacted]";
}

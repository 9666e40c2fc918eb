/**
 * Composes the sign-in of one data folder: where the login is kept, how it is refreshed, and the
 * login server. Shared by the relay, which uses a login, and the commands that make and end one.
 */
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { createEarlierEntries } from "./auth/earlier-entries.ts";
import type { Fetch, IssuerHttp } from "./auth/issuer-http.ts";
import { createKeyring, type Keyring } from "./auth/keyring-store.ts";
import type { OAuth } from "./auth/oauth.ts";
import { createPrivateFile } from "./auth/private-file.ts";
import { createRefreshLock, type RefreshLock } from "./auth/refresh-lock.ts";
import { createRenewalFailures } from "./auth/renewal-failures.ts";
import { type CredentialSession, createSession } from "./auth/session.ts";
import { type CredentialStore, openStore } from "./auth/store.ts";
import type { Config } from "./config/schema.ts";
import type { Runtime } from "./runtime.ts";
import { removeUnfinished } from "./storage/recovery.ts";
import { proxyFor } from "./upstreams/proxy.ts";

export interface SignIn {
  readonly store: CredentialStore;
  readonly keyring: Keyring;
  readonly session: CredentialSession;
  /** The login server. Loaded on first use: openid-client takes 24 ms, and most runs need none of it. */
  server(options?: { readonly workspaceId?: string }): Promise<LoginServer>;
  /** Removes what a process left that was killed while it wrote a login. */
  removeLeftovers(): Promise<void>;
}

export interface LoginServer {
  readonly oauth: OAuth;
  readonly http: IssuerHttp;
}

const loginLeftover = /^auth(\.json|\.sealed|-failure\.json)\.\d+\.unfinished$/;

/** `onChange` is told when the sign-in ends for good and when another takes its place. */
export function createSignIn(
  config: Config,
  runtime: Runtime,
  onNotice: (text: string) => void,
  onChange?: (text: string) => void,
): SignIn {
  const { clock, env, platform, secrets, userId } = runtime;
  const { dataDir } = config.paths;
  const keyring = createKeyring({ env });
  const earlier = createEarlierEntries({ keyring, env, platform });
  const { storage: mode } = config.auth;
  const store = openStore({ mode, dataDir, platform, userId, keyring, earlier, onNotice });
  const exclusively = createRefreshLock({ dataDir, clock, sleep: (ms) => delay(ms) });
  // Half a login is half a secret: it goes with the next thing that happens to the login.
  const removeLeftovers = () => removeUnfinished(dataDir, loginLeftover, clock);
  const lock: RefreshLock = (work) =>
    exclusively(async () => {
      try {
        return await work();
      } finally {
        await removeLeftovers().catch(() => undefined);
      }
    });
  const failureFile = join(dataDir, "auth-failure.json");
  const failures = createRenewalFailures({
    file: createPrivateFile({ path: failureFile, platform, userId, onNotice }),
    clock,
  });
  const server: SignIn["server"] = async ({ workspaceId } = {}) => {
    const [{ createOAuth }, { createIssuerHttp }] = await Promise.all([
      import("./auth/oauth.ts"),
      import("./auth/issuer-http.ts"),
    ]);
    const options = {
      issuer: config.upstream.issuerBaseUrl,
      clientId: config.upstream.clientId,
      originator: config.upstream.originator,
      userAgent: runtime.userAgent,
      fetch: await issuerFetch(config, env),
      ...(workspaceId === undefined ? {} : { workspaceId }),
    };
    return { oauth: createOAuth(options), http: createIssuerHttp(options) };
  };
  const refreshGrant = async (refreshToken: string) => (await server()).oauth.refresh(refreshToken);
  return {
    store,
    keyring,
    server,
    removeLeftovers,
    session: createSession({
      store,
      refreshGrant,
      lock,
      clock,
      failures,
      onNotice,
      onLogin: (login) => secrets.add(login?.accessToken, login?.refreshToken, login?.idToken),
      ...(onChange === undefined ? {} : { onChange }),
    }),
  };
}

/** The built-in fetch, or one through the proxy that the environment names; undici is loaded for that only. */
async function issuerFetch({ upstream }: Config, env: Runtime["env"]): Promise<Fetch> {
  const proxy = proxyFor(upstream.issuerBaseUrl, env);
  if (proxy === undefined) return globalThis.fetch;
  const { createProxiedFetch } = await import("./upstreams/http.ts");
  const limits = {
    connectTimeoutMs: upstream.connectTimeoutSeconds * 1000,
    silenceTimeoutMs: upstream.requestTimeoutSeconds * 1000,
  };
  return createProxiedFetch(limits, proxy);
}

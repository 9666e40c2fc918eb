/** What this machine knows of its person: the values that a report must not have in it. */
import { hostname, userInfo } from "node:os";
import { basename } from "node:path";
import type { Credentials } from "../../auth/credentials.ts";
import type { LoadedConfig } from "../../config/load.ts";
import { isJsonObject, parseJson } from "../../protocol/json.ts";
import { relayTokens } from "../../relay-token.ts";
import type { Runtime } from "../../runtime.ts";
import { createSignIn } from "../../sign-in.ts";
import { createScrub, type Scrub } from "./scrub.ts";

/** Without a configuration the login cannot be found; forms and names are scrubbed all the same. */
export async function scrubFor(loaded: LoadedConfig | undefined, runtime: Runtime): Promise<Scrub> {
  const login = loaded === undefined ? undefined : await readLogin(loaded, runtime);
  return createScrub({
    withoutSecrets: runtime.secrets.strip,
    personal: login === undefined ? [] : personalOf(login),
    homeDirectory: runtime.homeDirectory,
    names: [basename(runtime.homeDirectory), userName(), hostname()],
  });
}

/** The login, and with it the secrets that are live from now on. */
async function readLogin(loaded: LoadedConfig, runtime: Runtime): Promise<Credentials | undefined> {
  const { secrets } = runtime;
  secrets.add(
    (
      await relayTokens(loaded, runtime)
        .current()
        .catch(() => undefined)
    )?.token,
  );
  const { store } = createSignIn(loaded.config, runtime, () => undefined);
  // What cannot be read cannot be in the report either; the doctor's part tells why.
  const login = await store.load().catch(() => undefined);
  secrets.add(login?.accessToken, login?.refreshToken, login?.idToken);
  return login;
}

function personalOf({ accountId, boundAccountId, accessToken, idToken }: Credentials): string[] {
  const claims = [accessToken, idToken].flatMap((token) => identifying(payloadOf(token)));
  return [...new Set([accountId, boundAccountId, ...claims])].flatMap((value) => value ?? []);
}

function payloadOf(token: string | undefined): unknown {
  return parseJson(Buffer.from(token?.split(".")[1] ?? "", "base64url").toString("utf8"));
}

const identifyingClaim = /(^|_)(email|name|sub|id|poid|jti|sid|picture|title)$/;

/** Claims that say who somebody is, at any depth. Not the program's own id, which everybody has. */
function identifying(claims: unknown, key = ""): string[] {
  if (Array.isArray(claims)) return claims.flatMap((each) => identifying(each, key));
  if (isJsonObject(claims)) {
    return Object.entries(claims).flatMap(([name, value]) => identifying(value, name));
  }
  const isMeant = key !== "client_id" && identifyingClaim.test(key);
  return isMeant && typeof claims === "string" ? [claims] : [];
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container's user has none.
    return "";
  }
}

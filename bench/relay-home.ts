/**
 * A home folder for the relay, as a person's would be: a config file, a relay token, a login. Every
 * guard is on; the limits are raised so that they count each request and refuse none.
 */
import { rmSync } from "node:fs";
import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface RelayHome {
  /** All that the relay sees of the environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly token: string;
  readonly logs: string;
  /** At once, because a run that is ending can wait for nothing. */
  removeNow(): void;
}

export interface UpstreamLogin {
  readonly token: string;
  readonly accountId: string;
}

export interface HomeOptions {
  /** What the upstream knows; made up when left out. */
  readonly login?: UpstreamLogin;
  /** Further lines of `[upstream]`. */
  readonly upstream?: string;
}

export async function createRelayHome(
  upstreamUrl: string,
  { login, upstream = "" }: HomeOptions = {},
): Promise<RelayHome> {
  const home = await mkdtemp(join(tmpdir(), "airelays-bench-"));
  const token = "relay-token-of-the-benchmark";
  const config = join(home, ".config", "airelays");
  const data = join(home, ".airelays");
  await mkdir(config, { recursive: true });
  await mkdir(data, { recursive: true, mode: 0o700 });
  await writeFile(join(config, "config.toml"), configText(upstreamUrl, upstream));
  await writeFile(join(data, "relay-token"), `${token}\n`, { mode: 0o600 });
  await writeFile(join(data, "auth.json"), loginText(login), { mode: 0o600 });
  const { PATH = "", SystemRoot = "" } = process.env;
  return {
    env: { PATH, SystemRoot, HOME: home, USERPROFILE: home },
    token,
    logs: join(data, "logs"),
    removeNow: () => rmSync(home, { recursive: true, force: true }),
  };
}

function configText(upstreamUrl: string, upstream: string): string {
  return `[server]
drain_seconds = 0

[auth]
storage = "file"

[upstream]
base_url = "${upstreamUrl}/backend-api/codex"
${upstream}

[security]
require_bearer_auth = true
rate_limit_per_minute = 1000000
rate_limit_burst = 1000000
concurrent_requests_per_ip = 10000

[logging]
content = "full"
`;
}

/** In the layout that AIRelays has always written; good for ten years, so that nothing is refreshed. */
function loginText(login?: UpstreamLogin): string {
  const now = Date.now();
  const account = login?.accountId ?? "bench-account";
  const auth = { chatgpt_account_id: account, chatgpt_plan_type: "plus" };
  const claims = {
    exp: Math.floor(now / 1000) + 10 * 365 * 86_400,
    email: "nobody@example.com",
    "https://api.openai.com/auth": auth,
  };
  return JSON.stringify({
    version: 1,
    bound_account_id: account,
    tokens: {
      id_token: unsignedJwt(claims),
      access_token: login?.token ?? unsignedJwt(claims),
      refresh_token: "no-refresh-token",
      account_id: account,
    },
    last_refresh: new Date(now).toISOString(),
  });
}

function unsignedJwt(claims: object): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "RS256", typ: "JWT" })}.${part(claims)}.${part("unsigned")}`;
}

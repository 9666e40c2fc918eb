/** The environment variables by which clients of every dialect find the relay. Pure. */
import { isExempt, noProxyOf } from "../upstreams/proxy.ts";
import type { ClientTarget } from "./client-target.ts";

export type Variables = Readonly<Record<string, string>>;
type Env = Readonly<Record<string, string | undefined>>;

export function clientVariables({ url, ollamaUrl, key }: ClientTarget, env: Env): Variables {
  return {
    OPENAI_BASE_URL: `${url}/v1`,
    OPENAI_API_KEY: key,
    ANTHROPIC_BASE_URL: url,
    ANTHROPIC_AUTH_TOKEN: key,
    OLLAMA_HOST: ollamaUrl,
    ...proxyBypass(url, env),
  };
}

/** Many clients ask their proxy for this machine too, unless they are told not to. */
function proxyBypass(url: string, env: Env): Variables {
  const names = ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];
  const target = new URL(url);
  const present = noProxyOf(env);
  const hasProxy = names.some((name) => (env[name] ?? "") !== "");
  if (!hasProxy || isExempt(target, present)) return {};
  const host = target.hostname.replace(/^\[|\]$/g, "");
  const list = present === "" ? host : `${present},${host}`;
  return { NO_PROXY: list, no_proxy: list };
}

/**
 * What has to go, where it is set: Anthropic's clients send this key besides, or instead, and it is for
 * somebody else.
 */
export function conflictingVariables(env: Env): readonly string[] {
  return (env["ANTHROPIC_API_KEY"] ?? "") === "" ? [] : ["ANTHROPIC_API_KEY"];
}

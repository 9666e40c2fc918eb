/** Composes the upstream of a configuration; shared by the relay and by commands that ask it one thing. */
import type { Config } from "./config/schema.ts";
import type { Runtime } from "./runtime.ts";
import { createChatGptUpstream } from "./upstreams/chatgpt/chatgpt.ts";
import { createHttpClient } from "./upstreams/http.ts";
import { proxyFor } from "./upstreams/proxy.ts";
import { withShortNames } from "./upstreams/tool-names.ts";
import type { CredentialSource, Upstream } from "./upstreams/upstream.ts";

export interface UpstreamConnection {
  readonly upstream: Upstream;
  close(): Promise<void>;
}

export async function connectUpstream(
  { upstream: settings }: Config,
  { userAgent, env, secrets }: Pick<Runtime, "userAgent" | "env" | "secrets">,
  credentials: CredentialSource,
): Promise<UpstreamConnection> {
  const limits = {
    connectTimeoutMs: settings.connectTimeoutSeconds * 1000,
    silenceTimeoutMs: settings.requestTimeoutSeconds * 1000,
  };
  const http = await createHttpClient(limits, proxyFor(settings.baseUrl, env));
  const { baseUrl, clientVersion, originator } = settings;
  const chatGpt = createChatGptUpstream({
    baseUrl,
    clientVersion,
    originator,
    userAgent,
    credentials,
    http,
    withoutSecrets: secrets.strip,
  });
  return { upstream: withShortNames(chatGpt), close: () => http.close() };
}

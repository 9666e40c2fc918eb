/** The upstream for a command that asks it one thing without a relay running. */
import type { LoadedConfig } from "../config/load.ts";
import { createSignIn } from "../sign-in.ts";
import { createChatGptUpstream } from "../upstreams/chatgpt/chatgpt.ts";
import { createHttpClient } from "../upstreams/http.ts";
import type { Upstream } from "../upstreams/upstream.ts";
import { type CommandContext, note } from "./context.ts";

export interface UpstreamConnection {
  readonly upstream: Upstream;
  close(): Promise<void>;
}

export async function connectUpstream(
  { io, runtime }: CommandContext,
  { config }: LoadedConfig,
): Promise<UpstreamConnection> {
  const { baseUrl, clientVersion, originator, connectTimeoutSeconds } = config.upstream;
  const http = await createHttpClient({
    connectTimeoutMs: connectTimeoutSeconds * 1000,
    silenceTimeoutMs: 30_000,
  });
  const { session } = createSignIn(config, runtime, (text) => note(io, text));
  const upstream = createChatGptUpstream({
    baseUrl,
    clientVersion,
    originator,
    userAgent: runtime.userAgent,
    credentials: session,
    http,
  });
  return { upstream, close: () => http.close() };
}

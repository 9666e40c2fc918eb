/** Composes the upstream of a configuration; shared by the relay and by commands that ask it one thing. */
import type { Cancellation } from "./cancellation.ts";
import type { Config } from "./config/schema.ts";
import type { Runtime } from "./runtime.ts";
import { createAutoTransport } from "./upstreams/chatgpt/auto-transport.ts";
import { createChatGptUpstream } from "./upstreams/chatgpt/chatgpt.ts";
import { createHttpTransport } from "./upstreams/chatgpt/http-transport.ts";
import { createSignedCalls } from "./upstreams/chatgpt/signed-calls.ts";
import { createSocketTransport } from "./upstreams/chatgpt/socket/socket-transport.ts";
import type { Transport } from "./upstreams/chatgpt/transport.ts";
import { createHttpClient, type HttpClient } from "./upstreams/http.ts";
import { proxyFor } from "./upstreams/proxy.ts";
import { withShortNames } from "./upstreams/tool-names.ts";
import type { CredentialSource, Upstream } from "./upstreams/upstream.ts";

export interface UpstreamConnection {
  readonly upstream: Upstream;
  /** Loads what the first call needs, before it comes. */
  warmUp(): void;
  /** Opens a WebSocket to the upstream and closes it, which spends nothing. Rejects where there is none. */
  probeSocket(signal: Cancellation): Promise<void>;
  close(): Promise<void>;
}

/** Opens nothing yet: the HTTP client takes 60 ms to load, which a relay has after its port is bound. */
export function connectUpstream(
  { upstream: settings }: Config,
  { userAgent, env, secrets, clock }: Pick<Runtime, "userAgent" | "env" | "secrets" | "clock">,
  credentials: CredentialSource,
): UpstreamConnection {
  const limits = {
    connectTimeoutMs: settings.connectTimeoutSeconds * 1000,
    silenceTimeoutMs: settings.requestTimeoutSeconds * 1000,
  };
  const proxy = proxyFor(settings.baseUrl, env);
  let client: Promise<HttpClient> | undefined;
  const connect = (): Promise<HttpClient> => {
    client ??= createHttpClient(limits, proxy).catch((error: unknown) => {
      // What failed once may work at the next call.
      client = undefined;
      throw error;
    });
    return client;
  };
  const { baseUrl, clientVersion, originator } = settings;
  const identity = { originator, userAgent };
  const url = `${baseUrl}/responses`;
  const call = createSignedCalls({
    identity,
    credentials,
    http: { send: async (request) => (await connect()).send(request) },
  });
  const http = createHttpTransport({ url, call });
  const socket = createSocketTransport({
    url,
    identity,
    credentials,
    proxy,
    connectTimeoutMs: limits.connectTimeoutMs,
    silenceMs: limits.silenceTimeoutMs,
    clock,
  });
  const transports: Readonly<Record<typeof settings.transport, Transport>> = {
    http,
    websocket: socket,
    auto: createAutoTransport({ socket, http, clock }),
  };
  const chatGpt = createChatGptUpstream({
    baseUrl,
    clientVersion,
    call,
    transport: transports[settings.transport],
    withoutSecrets: secrets.strip,
  });
  return {
    upstream: withShortNames(chatGpt),
    // What fails here fails again at the call, which tells.
    warmUp: () => void connect().catch(() => undefined),
    probeSocket: (signal) => socket.probe(signal),
    async close() {
      socket.close();
      await (await client?.catch(() => undefined))?.close();
    },
  };
}

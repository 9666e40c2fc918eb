/**
 * The composition root: makes one relay out of its parts, from a configuration and a runtime. The
 * only place that constructs them; two relays in one process do not know of each other.
 */
import type { RequestListener } from "node:http";
import { createLimits } from "./access/limits.ts";
import type { AuthStatus } from "./auth/auth-status.ts";
import type { LoadedConfig } from "./config/load.ts";
import { createFacades, responsesWebSocket } from "./facades/index.ts";
import { createMemory } from "./local-state.ts";
import { createGenerate } from "./pipeline/generate.ts";
import { relayTokens } from "./relay-token.ts";
import type { Runtime } from "./runtime.ts";
import { createAdmission } from "./server/admission.ts";
import { createApp } from "./server/app.ts";
import { createAuthenticate } from "./server/authenticate.ts";
import { createClientAddress } from "./server/client-address.ts";
import { createCors } from "./server/cors.ts";
import { createGuard } from "./server/guard.ts";
import { createRecordRefusal } from "./server/refusals.ts";
import { type Route, withTwins } from "./server/route.ts";
import { generateRoutes } from "./server/routes/generate.ts";
import { modelRoutes } from "./server/routes/models.ts";
import { statusRoutes } from "./server/routes/status.ts";
import { unsupportedRoutes } from "./server/routes/unsupported.ts";
import { type SocketBounds, socketBounds } from "./server/websocket/bounds.ts";
import { createSockets, type Sockets } from "./server/websocket/sockets.ts";
import { settingsSummary } from "./settings-summary.ts";
import { createSignIn } from "./sign-in.ts";
import { createUsageTally, usagePath } from "./storage/usage-tally.ts";
import { createTransitLog } from "./transit/log.ts";
import { connectUpstream } from "./upstream-connection.ts";
import { toSubscriptionStatus } from "./upstreams/chatgpt/quota.ts";
import { createRegistry } from "./upstreams/registry.ts";
import { version } from "./version.ts";

export interface Relay {
  /** For a Node HTTP server. */
  readonly handler: RequestListener;
  readonly routes: readonly Route[];
  /** Who is signed in. */
  authStatus(): Promise<AuthStatus>;
  /** What leaves HTTP on that server. */
  readonly sockets: Pick<Sockets, "attach" | "close">;
  /** Ends what still runs and writes what the log still holds. */
  close(): Promise<void>;
}

export interface RelayOptions {
  readonly loaded: LoadedConfig;
  readonly runtime: Runtime;
  /** Told what the person at the terminal should know: a log that cannot be written, a fallback. */
  readonly onNotice: (text: string) => void;
  /** Other bounds for WebSockets than the usual ones; for tests. */
  readonly socketBounds?: Partial<SocketBounds>;
}

export async function createRelay(options: RelayOptions): Promise<Relay> {
  const { loaded, runtime, onNotice } = options;
  const { config } = loaded;
  const { clock, ids, secrets } = runtime;
  const { security, upstream: upstreamConfig } = config;
  const { session } = createSignIn(config, runtime, onNotice, onNotice);
  const { upstream, close: disconnect } = await connectUpstream(config, runtime, session);
  const registry = createRegistry({
    upstream,
    credentials: session,
    aliases: config.models.aliases,
    cacheTtlMs: upstreamConfig.modelsCacheTtlSeconds * 1000,
    clock,
  });
  const transit = createTransitLog({
    directory: config.paths.logsDir,
    clock,
    content: config.logging.content,
    withoutSecrets: secrets.strip,
    onNotice,
  });
  const tokens = relayTokens(loaded, runtime, (problem) =>
    onNotice(`${problem} Until that is put right, the token is refused.`),
  );
  secrets.add((await tokens.current()).token);
  const limits = createLimits({
    ratePerMinute: security.rateLimitPerMinute,
    burst: security.rateLimitBurst,
    concurrent: security.concurrentRequestsPerIp,
    failedAuth: {
      windowSeconds: security.failedAuthWindowSeconds,
      maxAttempts: security.failedAuthMaxAttempts,
      blockSeconds: security.failedAuthBlockSeconds,
    },
    clock,
  });
  const cors = createCors(security.allowedOrigins);
  const admission = createAdmission({
    checkSender: createGuard({ ...security, listenHost: config.server.host }),
    cors,
    authenticate: security.requireBearerAuth
      ? createAuthenticate({ tokens, limits, onAccepted: (each) => secrets.add(each) })
      : undefined,
    limits,
    recordRefusal: createRecordRefusal(clock),
  });
  const memory = createMemory(config, runtime, onNotice);
  const tally = createUsageTally({ path: usagePath(config.paths.dataDir), clock, onNotice });
  const generate = createGenerate({
    state: memory.state,
    resolve: (model, signal) => registry.resolve(model, signal),
    openPolicy: {
      retryAttempts: upstreamConfig.retryAttempts,
      graceMs: 2_000,
      backoffMs: 500,
    },
    keepaliveMs: config.server.keepaliveSeconds * 1000,
    logStreamLines: config.logging.streamLines,
    onUsage: ({ input_tokens, output_tokens, input_tokens_details }) =>
      tally.add({
        input_tokens,
        output_tokens,
        cached_tokens: input_tokens_details?.cached_tokens ?? 0,
      }),
  });

  const sockets = createSockets({
    facade: responsesWebSocket,
    generate,
    admit: admission.admit,
    clock,
    ids,
    transit,
    withoutSecrets: secrets.strip,
    bounds: { ...socketBounds(config.server.maxBodyBytes), ...options.socketBounds },
  });

  const supported: Route[] = [
    ...generateRoutes({
      facades: createFacades({ chatReasoning: config.chat.reasoning }),
      generate,
      maxBodyBytes: config.server.maxBodyBytes,
    }),
    ...sockets.routes,
    ...withTwins([
      ...memory.routes,
      ...modelRoutes(registry),
      ...statusRoutes({
        version,
        authHealth: () => session.health(),
        async relayStatus(client) {
          const [auth, relay] = await Promise.all([
            session.status(),
            settingsSummary(loaded, tokens),
          ]);
          return {
            object: "relay.status",
            app_name: "AIRelays",
            version,
            ready: {
              upstream_auth: auth.ready_for_requests,
              relay_token: !security.requireBearerAuth || relay["bearer_token_present"] === true,
            },
            auth,
            relay,
            security: {
              require_bearer_auth: security.requireBearerAuth,
              // Texts for the log, an error or the terminal in which a live secret stood.
              secrets_stopped: secrets.stopped,
              client: { ip: client, blocked_for_seconds: limits.blockedFor(client) },
            },
            supported_routes: [...new Set(supported.map((route) => route.path))],
          };
        },
        async subscription({ raw, signal }) {
          const payload = await upstream.usage(signal);
          const status = toSubscriptionStatus(payload, clock.now());
          return raw ? { ...status, raw: payload } : status;
        },
      }),
    ]),
  ];

  const routes = [...supported, ...withTwins(unsupportedRoutes())];
  const handler = createApp({
    routes,
    clock,
    ids,
    transit,
    withoutSecrets: secrets.strip,
    ...admission,
    cors,
    clientAddress: createClientAddress({
      trustedProxies: security.trustedProxies,
      trustForwardedFor: security.trustXForwardedFor,
    }),
  });
  return {
    handler,
    routes,
    authStatus: () => session.status(),
    sockets,
    async close() {
      await disconnect();
      await tally.close();
      await transit.close();
    },
  };
}

/**
 * The composition root: makes one relay out of its parts, from a configuration and a runtime. The
 * only place that constructs them; two relays in one process do not know of each other.
 */
import { createLimits } from "./access/limits.ts";
import type { AuthStatus } from "./auth/auth-status.ts";
import { type ListenAddress, parseAddress } from "./config/address.ts";
import type { LoadedConfig } from "./config/load.ts";
import { createFacades, dialects, responsesWebSocket } from "./facades/index.ts";
import { createMemory } from "./local-state.ts";
import { createGenerate } from "./pipeline/generate.ts";
import { relayTokens } from "./relay-token.ts";
import type { Runtime } from "./runtime.ts";
import { type AdmissionDeps, createAdmission } from "./server/admission.ts";
import { createAuthenticate } from "./server/authenticate.ts";
import { createBodyReader } from "./server/body.ts";
import { createClientAddress } from "./server/client-address.ts";
import { createCors } from "./server/cors.ts";
import { createDecoders } from "./server/decompress.ts";
import { createDoor, type Door } from "./server/door.ts";
import { createGuard } from "./server/guard.ts";
import type { OllamaDoor } from "./server/listen-as-ollama.ts";
import { asOneClient, withoutToken } from "./server/open-door.ts";
import { createRecentModels } from "./server/recent-models.ts";
import { createRecordRefusal } from "./server/refusals.ts";
import { type Route, withTwins } from "./server/route.ts";
import { generateRoutes } from "./server/routes/generate.ts";
import { modelRoutes } from "./server/routes/models.ts";
import { ollamaGaps, ollamaGreeting, ollamaRoutes } from "./server/routes/ollama.ts";
import { statusRoutes } from "./server/routes/status.ts";
import { unsupportedRoutes } from "./server/routes/unsupported.ts";
import { createRunning, type Running } from "./server/running.ts";
import { type SocketBounds, socketBounds } from "./server/websocket/bounds.ts";
import { createZstd, type Zstd } from "./server/zstd.ts";
import { settingsSummary } from "./settings-summary.ts";
import { createSignIn } from "./sign-in.ts";
import { removeUnfinishedOf } from "./storage/recovery.ts";
import { createUsageTally, toTallied, usagePath } from "./storage/usage-tally.ts";
import { createTransitLog } from "./transit/log.ts";
import { connectUpstream } from "./upstream-connection.ts";
import { toSubscriptionStatus } from "./upstreams/chatgpt/quota.ts";
import { createRegistry } from "./upstreams/registry.ts";
import { version } from "./version.ts";

export interface Relay extends Door {
  /** Where it answers as Ollama besides, if it is to. */
  readonly ollama: OllamaDoor | undefined;
  /** Tells this start from any other, here and in `/healthz`. */
  readonly instance: string;
  /** Who is signed in. */
  authStatus(): Promise<AuthStatus>;
  /** Loads what the first request needs, before it comes. */
  warmUp(): void;
  readonly running: Pick<Running, "count">;
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
  /** A test's own, whose time it runs out itself. */
  readonly zstd?: Zstd;
}

export async function createRelay(options: RelayOptions): Promise<Relay> {
  const { loaded, runtime, onNotice, zstd = createZstd() } = options;
  const { config } = loaded;
  const { clock, ids, secrets } = runtime;
  const { security, upstream: upstreamConfig } = config;
  const { session, removeLeftovers } = createSignIn(config, runtime, onNotice, onNotice);
  const { upstream, warmUp, close: disconnect } = connectUpstream(config, runtime, session);
  const registry = createRegistry({
    upstream,
    credentials: session,
    aliases: config.models.aliases,
    defaultModel: config.models.default,
    cacheTtlMs: upstreamConfig.modelsCacheTtlSeconds * 1000,
    clock,
  });
  const transit = createTransitLog({
    directory: config.paths.logsDir,
    clock,
    content: config.logging.content,
    bounds: config.logging,
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
  const instance = ids.next();
  const running = createRunning();
  const authenticate = security.requireBearerAuth
    ? createAuthenticate({ tokens, limits, onAccepted: (each) => secrets.add(each) })
    : undefined;
  const cors = createCors(security.allowedOrigins);
  const recordRefusal = createRecordRefusal(clock);
  const { maxBodyBytes } = config.server;
  const readBody = createBodyReader({
    limitBytes: maxBodyBytes,
    decoderOf: createDecoders(zstd),
  });
  const tallyPath = usagePath(config.paths.dataDir);
  const written = [security.bearerTokenFile, loaded.path, tallyPath];
  // What cannot be removed stops no relay.
  await Promise.allSettled([
    removeLeftovers(),
    ...written.map((path) => removeUnfinishedOf(path, clock)),
  ]);
  const memory = createMemory(config, runtime, readBody, onNotice);
  const tally = createUsageTally({ path: tallyPath, clock, onNotice });
  const recent = createRecentModels(clock);
  const generate = createGenerate({
    state: memory.state,
    resolve(model, signal, isForeign) {
      recent.use(model);
      return registry.resolve(model, signal, isForeign);
    },
    openPolicy: {
      retryAttempts: upstreamConfig.retryAttempts,
      graceMs: 2_000,
      backoffMs: 500,
    },
    keepaliveMs: config.server.keepaliveSeconds * 1000,
    logStreamLines: config.logging.streamLines,
    onUsage: (usage) => tally.add(toTallied(usage)),
  });

  const supported: Route[] = [
    ...generateRoutes({
      facades: createFacades({ chatReasoning: config.chat.reasoning }),
      generate,
      readBody,
    }),
    ...withTwins([
      ...memory.routes,
      ...modelRoutes(registry, dialects),
      ...ollamaRoutes({ registry, recent, readBody, version }),
      ...statusRoutes({
        version,
        instance,
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
            // Without this one.
            running_requests: running.count - 1,
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
  const routes = [...supported, ...withTwins([...unsupportedRoutes(), ...ollamaGaps()])];
  const inside = {
    facade: responsesWebSocket,
    generate,
    clock,
    ids,
    transit,
    bounds: { ...socketBounds(maxBodyBytes), ...options.socketBounds },
    dialects,
    running,
    cors,
    withoutSecrets: secrets.strip,
    clientAddress: createClientAddress({
      trustedProxies: security.trustedProxies,
      trustForwardedFor: security.trustXForwardedFor,
    }),
  };
  const admissionAt = (listenHost: string, terms: Pick<AdmissionDeps, "authenticate" | "limits">) =>
    createAdmission({
      ...terms,
      checkSender: createGuard({ ...security, listenHost }),
      cors,
      running,
      recordRefusal,
    });
  const ollamaDoor = (address: ListenAddress): OllamaDoor => {
    const terms = config.ollama.open
      ? { authenticate: withoutToken(authenticate), limits: asOneClient(limits, "ollama") }
      : { authenticate, limits };
    const greeted = [ollamaGreeting, ...routes.filter(({ path }) => path !== ollamaGreeting.path)];
    const door = createDoor({ ...inside, routes: greeted, ...admissionAt(address.host, terms) });
    return { ...door, address };
  };
  const ollamaAddress = parseAddress(config.ollama.listen);
  return {
    ...createDoor({
      ...inside,
      routes,
      ...admissionAt(config.server.host, { authenticate, limits }),
    }),
    instance,
    ollama: ollamaAddress && ollamaDoor(ollamaAddress),
    authStatus: () => session.status(),
    running,
    warmUp() {
      warmUp();
      void session.health();
    },
    async close() {
      // Whatever was cut still has its last record to write.
      await running.stop(0);
      // Each by itself: the log must be written whatever the others do.
      await Promise.allSettled([disconnect(), zstd.close()]);
      await Promise.allSettled([tally.close(), transit.close()]);
    },
  };
}

/**
 * A turn over a WebSocket (upstream.md 8): on the kept connection of its conversation with its new
 * items only, or on a new one with all of them. Asks again, once for each reason and only before the
 * first frame of an answer, where a fresh connection, login or history may help. A connection on which
 * anything failed is closed, and so is the one of an answer that was left.
 */
import type { Cancellation } from "../../../cancellation.ts";
import { isRelayError } from "../../../errors.ts";
import { isJsonObject, type JsonObject } from "../../../protocol/json.ts";
import { type Clock, LoggedJson, type RequestScope } from "../../../scope.ts";
import { unreachable } from "../../network-errors.ts";
import type { ProxyServer } from "../../proxy.ts";
import type { CredentialSource, UpstreamCredentials } from "../../upstream.ts";
import { fromHttpFailure } from "../errors.ts";
import { callerHeaders, type Identity, type Transport, type Turn } from "../transport.ts";
import { type Answered, readAnswer } from "./answer.ts";
import { createChain } from "./chain.ts";
import { openConnection } from "./connection.ts";
import { coded } from "./dial.ts";
import { type Conversation, createKept } from "./kept.ts";
import { connect, HandshakeRefused } from "./port.ts";
import { refusedHandshake, SocketUnusable } from "./unusable.ts";

export interface SocketTransportOptions {
  /** Of `/responses`, over HTTP: `https://…`. */
  readonly url: string;
  readonly identity: Identity;
  readonly credentials: CredentialSource;
  readonly proxy: ProxyServer | undefined;
  readonly connectTimeoutMs: number;
  readonly silenceMs: number;
  readonly clock: Clock;
}

export interface SocketTransport extends Transport {
  /** Opens a connection and closes it, which spends nothing. Rejects with why it does not work. */
  probe(signal: Cancellation): Promise<void>;
  /** Ends the connections that wait for a next turn. */
  close(): void;
}

/** The form of the protocol that we speak. */
const beta = "responses_websockets=2026-02-06";

/** Why a turn is asked once more. */
type Reason = "login" | "history" | "limit" | "stale";

export function createSocketTransport(options: SocketTransportOptions): SocketTransport {
  const { identity, credentials, proxy, clock } = options;
  const url = new URL(options.url);
  const kept = createKept(clock);

  const dial = async (
    login: UpstreamCredentials,
    own: Readonly<Record<string, string>>,
    signal: Cancellation,
  ): Promise<Conversation> => {
    const headers = { ...callerHeaders(identity, login), "openai-beta": beta, ...own };
    const connection = await openConnection(
      { connect, clock, silenceMs: options.silenceMs },
      { url, headers, proxy, timeoutMs: options.connectTimeoutMs, signal },
    );
    return { connection, chain: createChain(), login };
  };

  /** A 401 is answered by one refresh and one repeat, as over HTTP. */
  const dialSigned = async (
    login: UpstreamCredentials,
    own: Readonly<Record<string, string>>,
    signal: Cancellation,
  ): Promise<Conversation> => {
    const isUnsigned = (error: unknown): error is HandshakeRefused =>
      error instanceof HandshakeRefused && error.status === 401;
    try {
      return await dial(login, own, signal).catch(async (error: unknown) => {
        if (!isUnsigned(error)) throw error;
        return dial(await credentials.refresh(login, signal), own, signal);
      });
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      // The sign-in's own trouble, which another transport would share.
      if (isRelayError(error)) throw error;
      throw isUnsigned(error) ? fromHttpFailure(error) : unusable(error, options.url);
    }
  };

  const attempt = async (
    conversation: Conversation,
    { body, headers, sessionId }: Turn,
    scope: RequestScope,
  ): Promise<Answered & { readonly isIncremental: boolean }> => {
    const { connection, chain } = conversation;
    if (scope.signal.aborted) {
      connection.close();
      throw scope.signal.reason;
    }
    const { body: planned, isIncremental } = chain.plan(body);
    const frame = { type: "response.create", ...planned, ...metadataOf(body, headers) };
    const text = JSON.stringify(frame);
    scope.transit.record("upstream_request", {
      method: "WEBSOCKET",
      url: url.href.replace(/^http/, "ws"),
      // By itself, because a log without content has no body.
      model: body["model"],
      body: new LoggedJson(frame, text),
    });
    const leave = (): void => connection.close();
    scope.signal.addEventListener("abort", leave, { once: true });
    let isKept = false;
    scope.onClose(() => {
      scope.signal.removeEventListener("abort", leave);
      if (!isKept) connection.close();
    });
    const answered = await readAnswer(connection.ask(text), {
      signal: scope.signal,
      isIncremental,
      onWhole(responseId, output) {
        if (isKept || scope.signal.aborted) return;
        isKept = true;
        scope.signal.removeEventListener("abort", leave);
        chain.remember(body, responseId, output);
        kept.keep(sessionId, conversation);
      },
    });
    return { ...answered, isIncremental };
  };

  return {
    close: () => kept.close(),
    async probe(signal) {
      const login = await credentials.current(signal);
      (await dialSigned(login, {}, signal)).connection.close();
    },
    async open(turn, scope) {
      const tried = new Set<Reason>();
      let login = await credentials.current(scope.signal);
      let conversation = kept.take(turn.sessionId, login);
      for (;;) {
        const isReused = conversation !== undefined;
        conversation ??= await dialSigned(login, sessionOf(turn), scope.signal);
        login = conversation.login;
        const answered = await attempt(conversation, turn, scope);
        if (answered.kind === "stream") return answered.stream;
        conversation.connection.close();
        conversation = undefined;
        const reason = reasonOf(answered, isReused);
        if (reason === undefined || tried.has(reason)) throw failureOf(answered, options.url);
        tried.add(reason);
        if (reason === "login") login = await credentials.refresh(login, scope.signal);
      }
    },
  };
}

function sessionOf({ sessionId }: Turn): Record<string, string> {
  return { "session-id": sessionId };
}

/** What goes with a turn and is a header over HTTP (upstream.md 8.2). */
function metadataOf(body: JsonObject, headers: Turn["headers"]): JsonObject {
  const told = Object.entries(headers).map(([name, value]) => [
    `ws_request_header_${name.replaceAll("-", "_")}`,
    value,
  ]);
  if (told.length === 0) return {};
  const own = body["client_metadata"];
  return {
    client_metadata: { ...(isJsonObject(own) ? own : {}), ...Object.fromEntries(told) },
  };
}

type Unanswered = Exclude<Answered, { kind: "stream" }> & { readonly isIncremental: boolean };

function reasonOf(answered: Unanswered, isReused: boolean): Reason | undefined {
  // The service closes idle connections without a word, which looks like a cut.
  if (answered.kind === "lost") return isReused ? "stale" : undefined;
  const { status, code } = answered.notice;
  if (status === 401) return "login";
  if (code === "websocket_connection_limit_reached") return "limit";
  return code === "previous_response_not_found" && answered.isIncremental ? "history" : undefined;
}

function failureOf(answered: Unanswered, url: string): unknown {
  if (answered.kind === "refused") return fromHttpFailure(answered.notice);
  return new SocketUnusable(unreachable(url, coded("ECONNRESET")));
}

function unusable(error: unknown, url: string): SocketUnusable {
  const isRefusal = error instanceof HandshakeRefused;
  return new SocketUnusable(isRefusal ? refusedHandshake(error) : unreachable(url, error));
}

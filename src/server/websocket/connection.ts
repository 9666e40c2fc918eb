/**
 * One connection while it lasts: frames in, their order, its pulse and its end. Requests without a
 * lane are answered one after the other, lanes side by side. Knows no dialect.
 */
import { RelayError, toRelayError } from "../../errors.ts";
import type { ClientEvent } from "../../facades/facade.ts";
import type { RequestScope } from "../../scope.ts";
import { parseBody } from "../body.ts";
import { relayStopping } from "../running.ts";
import { createChainMemory } from "./chain.ts";
import type { SocketEvents, SocketPort } from "./port.ts";
import { type Caller, createTurns, type TurnDeps } from "./turn.ts";

export interface Connection extends SocketEvents {
  /** Takes no more, lets running answers end within the time, and closes. Resolves when it is closed. */
  stop(drainMs: number): Promise<void>;
}

export function createConnection(deps: TurnDeps, caller: Caller, port: SocketPort): Connection {
  const { bounds, facade } = deps;
  const chain = createChainMemory({ maxBytes: bounds.maxChainBytes });
  /** What waits in each lane that has a request running. */
  const lanes = new Map<string, ClientEvent[]>();
  const scopes = new Set<RequestScope>();
  /** Why nothing more is taken. */
  let end: "lifetime" | "stop" | undefined;
  let missedPongs = 0;
  /** Pings that wait behind an answer: a client that reads slowly hears them late, and is not dead. */
  let behindPings = 0;

  const turns = createTurns(deps, caller, port, (scope) => {
    scopes.add(scope);
    scope.onClose(() => scopes.delete(scope));
    if (!port.isOpen) scope.abort(new Error("The client has gone."));
  });

  let settleClosed: () => void = () => undefined;
  const closed = new Promise<void>((resolve) => {
    settleClosed = resolve;
  });
  let closing: NodeJS.Timeout | undefined;
  const armClosing = (): void => {
    closing ??= setTimeout(() => port.terminate(), bounds.closingMs);
  };
  const close = (code: number, reason: string): void => {
    port.close(code, reason);
    armClosing();
  };

  /** Answers the request and those of its lane that come meanwhile. */
  const run = async (lane: string, first: ClientEvent): Promise<void> => {
    const waiting: ClientEvent[] = [];
    lanes.set(lane, waiting);
    for (let next: ClientEvent | undefined = first; next; next = waiting.shift()) {
      if (end !== undefined && next !== first) await turns.refuse(endError(end), next);
      else await turns.answer(next, chain.turnOf(lane));
    }
    lanes.delete(lane);
    finishIfIdle();
  };

  const finishIfIdle = (): void => {
    if (end === undefined || lanes.size > 0 || !port.isOpen) return;
    if (end === "stop") {
      close(1001, "The relay stops.");
      return;
    }
    turns.notify(tooOld());
    // The official SDK connects again after 1001, and not after 1000.
    close(1001, "websocket_connection_limit_reached");
  };

  const take = async (text: string): Promise<void> => {
    let event: ClientEvent;
    try {
      event = facade.decodeEvent(parseBody(text, "A text frame"));
    } catch (error) {
      await turns.refuse(toRelayError(error));
      return;
    }
    const lane = event.lane ?? "";
    const waiting = lanes.get(lane);
    const total = [...lanes.values()].reduce((sum, each) => sum + each.length, 0);
    if (end !== undefined) await turns.refuse(endError(end), event);
    else if (waiting === undefined) await run(lane, event);
    else if (total >= bounds.maxWaiting) await turns.refuse(inFlight(bounds.maxWaiting), event);
    else waiting.push(event);
  };

  const pulse = setInterval(() => {
    if (missedPongs >= bounds.maxMissedPongs || behindPings * bounds.pingMs >= bounds.stalledMs) {
      port.terminate();
      return;
    }
    if (port.bufferedBytes > 0) behindPings += 1;
    else missedPongs += 1;
    port.ping();
  }, bounds.pingMs);
  const lifetime = setTimeout(() => {
    end ??= "lifetime";
    finishIfIdle();
  }, bounds.lifetimeMs);

  return {
    onText(text) {
      if (!port.isOpen) return;
      // Whatever it was, the client must not wait for an answer that nobody makes.
      take(text).catch(() => port.terminate());
    },
    onFault: () => armClosing(),
    onBinary: () => close(1003, "Events are text frames."),
    onPong() {
      missedPongs = 0;
      behindPings = 0;
    },
    onClosed() {
      clearInterval(pulse);
      clearTimeout(lifetime);
      clearTimeout(closing);
      for (const waiting of lanes.values()) waiting.length = 0;
      for (const scope of scopes) scope.abort(new Error("The client has gone."));
      chain.clear();
      settleClosed();
    },
    async stop(drainMs) {
      end = "stop";
      const cut = setTimeout(() => {
        for (const scope of scopes) scope.abort(relayStopping());
        // The connection closes behind the error; a client that does not take it is cut.
        armClosing();
      }, drainMs);
      finishIfIdle();
      await closed;
      clearTimeout(cut);
    },
  };
}

function endError(end: "lifetime" | "stop"): RelayError {
  return end === "stop" ? relayStopping() : tooOld();
}

function tooOld(): RelayError {
  return new RelayError(
    "websocket_connection_limit_reached",
    "Responses websocket connection limit reached (60 minutes). Create a new websocket connection to continue.",
  );
}

function inFlight(maxWaiting: number): RelayError {
  return new RelayError(
    "response_already_in_flight",
    `A response is under way on this connection, and ${maxWaiting} requests wait for it already. Wait for its end, or open another connection.`,
  );
}

/**
 * A WebSocket where it works, HTTP where it does not: tries the first, and remembers for some minutes
 * that it failed, so that not every request pays for the attempt.
 */
import type { Clock } from "../../scope.ts";
import { SocketUnusable } from "./socket/unusable.ts";
import { type Transport, transportHeader } from "./transport.ts";

export interface AutoTransportOptions {
  readonly socket: Transport;
  readonly http: Transport;
  readonly clock: Clock;
}

const avoidMs = 10 * 60_000;

export function createAutoTransport({ socket, http, clock }: AutoTransportOptions): Transport {
  let avoidUntil = 0;
  const overHttp: Transport["open"] = async (turn, scope) => {
    const stream = await http.open(turn, scope);
    return { ...stream, headers: { ...stream.headers, [transportHeader]: "http" } };
  };
  return {
    async open(turn, scope) {
      if (clock.now() < avoidUntil) return overHttp(turn, scope);
      try {
        return await socket.open(turn, scope);
      } catch (error) {
        if (!(error instanceof SocketUnusable)) throw error;
        avoidUntil = clock.now() + avoidMs;
        scope.transit.record("transport_fallback", {
          from: "websocket",
          to: "http",
          code: error.code,
          message: error.message,
          for_seconds: avoidMs / 1000,
        });
        return overHttp(turn, scope);
      }
    },
  };
}

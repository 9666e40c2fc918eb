/**
 * The WebSockets of one relay: how one comes about, how many there may be, and how all of them end
 * when the relay stops.
 */
import { RelayError } from "../../errors.ts";
import type { Exchange, SwitchAnswer } from "../exchange.ts";
import type { Route } from "../route.ts";
import { type Connection, createConnection } from "./connection.ts";
import { createOpenPort } from "./port.ts";
import type { Caller, TurnDeps } from "./turn.ts";
import { createUpgrades, type Upgrades } from "./upgrades.ts";

export interface Sockets {
  readonly routes: readonly Route[];
  /** Lets the server's requests for WebSockets through to the handler. */
  readonly attach: Upgrades["attach"];
  /** Lets running answers end within the time, and closes every connection. */
  close(drainMs: number): Promise<void>;
}

export function createSockets(deps: TurnDeps): Sockets {
  const { bounds, facade } = deps;
  const upgrades = createUpgrades();
  const openPort = createOpenPort(bounds);
  const connections = new Set<Connection>();
  /** Handshakes that have a place and no connection yet. */
  let opening = 0;
  let isStopping = false;

  const open = ({ req, client, scope }: Exchange, path: string, allowTools: boolean) => {
    const handshake = upgrades.take(req);
    if (handshake === undefined) throw upgradeRequired(path);
    if (connections.size + opening >= bounds.maxConnections) throw tooMany(bounds.maxConnections);
    const caller: Caller = { req, path, client, connectionId: scope.id, allowTools };
    const answer: SwitchAnswer = {
      kind: "switch",
      async switch() {
        opening += 1;
        try {
          await openPort(handshake, (port) => {
            handshake.release();
            const connection = createConnection(deps, caller, port);
            connections.add(connection);
            if (isStopping) void connection.stop(0);
            return {
              ...connection,
              onClosed() {
                connections.delete(connection);
                connection.onClosed();
              },
            };
          });
        } finally {
          opening -= 1;
        }
      },
    };
    return answer;
  };

  const route = (path: Route["path"], allowTools: boolean): Route => ({
    method: "GET",
    path,
    handle: async ({ exchange }) => open(exchange, path, allowTools),
  });

  return {
    routes: [route(facade.path, true), route(`/no-tools${facade.path}`, false)],
    attach: upgrades.attach,
    async close(drainMs) {
      isStopping = true;
      await Promise.all([...connections].map((connection) => connection.stop(drainMs)));
    },
  };
}

/** After a 404 the Codex CLI would try seven times; 426 sends it to POST at once. */
function upgradeRequired(path: string): RelayError {
  return new RelayError(
    "websocket_upgrade_required",
    `\`${path}\` answers GET over a WebSocket only. Ask for the upgrade, or send the request with POST.`,
    { headers: { connection: "upgrade", upgrade: "websocket" } },
  );
}

function tooMany(limit: number): RelayError {
  return new RelayError(
    "too_many_concurrent_requests",
    `${limit} WebSockets are open, which is the limit. Close one that is not in use.`,
    { retryAfterSeconds: 1 },
  );
}

/**
 * A way in: one port's handler and its WebSockets, with its own terms of who is let in. What is
 * behind it (the routes, the pipeline, the limits) is the same for every door.
 */
import type { RequestListener } from "node:http";
import type { AppDeps } from "./app.ts";
import { createApp } from "./app.ts";
import { createSockets, type Sockets } from "./websocket/sockets.ts";
import type { TurnDeps } from "./websocket/turn.ts";

export interface Door {
  /** For a Node HTTP server. */
  readonly handler: RequestListener;
  /** What leaves HTTP on that server. */
  readonly sockets: Pick<Sockets, "attach" | "close">;
}

export function createDoor(deps: AppDeps & TurnDeps): Door {
  const sockets = createSockets(deps);
  return {
    handler: createApp({ ...deps, routes: [...sockets.routes, ...deps.routes] }),
    sockets,
  };
}

/**
 * A way in: one port's handler and its WebSockets, with its own terms of who is let in. What is
 * behind it (the routes, the pipeline, the limits) is the same for every door.
 */
import type { RequestListener } from "node:http";
import type { AppDeps } from "./app.ts";
import { createApp } from "./app.ts";
import type { Life } from "./listen.ts";
import type { Route } from "./route.ts";
import type { Running } from "./running.ts";
import { createSockets } from "./websocket/sockets.ts";
import type { TurnDeps } from "./websocket/turn.ts";

export interface Door {
  /** For a Node HTTP server. */
  readonly handler: RequestListener;
  readonly routes: readonly Route[];
  /** What goes on behind it, and how that ends with the server. */
  readonly life: Life;
}

type DoorDeps = AppDeps & TurnDeps & { readonly running: Running };

export function createDoor(deps: DoorDeps): Door {
  const sockets = createSockets(deps);
  const routes = [...sockets.routes, ...deps.routes];
  return {
    handler: createApp({ ...deps, routes }),
    routes,
    life: {
      attach: sockets.attach,
      async close(drainMs) {
        await Promise.all([deps.running.stop(drainMs), sockets.close(drainMs)]);
      },
    },
  };
}

/** A defect in one request: it ends that request, and neither the process nor another one. */
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, it, onTestFinished, vi } from "vitest";
import type { Outcome } from "../../src/pipeline/generate.ts";
import { json, type Route } from "../../src/server/route.ts";
import { createRunning } from "../../src/server/running.ts";
import type { TransitLog } from "../../src/transit/log.ts";
import { createOpenApp, noTransit } from "../helpers/open-app.ts";

const strays: unknown[] = [];
const onStray = (error: unknown): void => {
  strays.push(error);
};
process.on("unhandledRejection", onStray);
afterEach(() => {
  vi.restoreAllMocks();
  expect(strays.splice(0)).toEqual([]);
});

const broken = (): never => {
  throw new Error("a defect");
};

async function serve(handle: Route["handle"], transit: Partial<TransitLog> = {}) {
  const running = createRunning();
  let released = 0;
  const responses: ServerResponse[] = [];
  const app = createOpenApp([{ method: "GET", path: "/v1/models", handle }], {
    transit: { ...noTransit, ...transit },
    running,
    admit: async ({ scope }) => {
      scope.onClose(() => {
        released += 1;
      });
    },
  });
  const server = createServer((req, res) => {
    responses.push(res);
    app(req, res);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/models`;
  return { url, running, responses, released: () => released };
}

const streamed = (send: Extract<Outcome, { kind: "stream" }>["send"]): Outcome => ({
  kind: "stream",
  headers: { "content-type": "text/event-stream" },
  send,
});

it("a route that throws is a 500 that says nothing of it", async () => {
  const { url, released } = await serve(broken);
  const answer = await fetch(url);
  expect([answer.status, released()]).toEqual([500, 1]);
  expect(await answer.text()).not.toContain("defect");
});

it("an encoder that throws, also when it is to tell the error, cuts its stream", async () => {
  const { url, running, released } = await serve(async () =>
    streamed(async (sink) => {
      sink.write("data: begun\n\n");
      return broken();
    }),
  );
  await expect(fetch(url).then((answer) => answer.text())).rejects.toThrow();
  expect([running.count, released()]).toEqual([0, 1]);
});

it.each([
  ["finish", { finish: broken }],
  [
    "record",
    {
      open: (requestId: string) => ({
        requestId,
        record: broken,
        close: () => "",
        discard: () => undefined,
      }),
    },
  ],
] as const)("a log whose `%s` throws costs no answer and no place", async (name, transit) => {
  const { url, running, released } = await serve(async () => json({ fine: true }), transit);
  const answer = await fetch(url);
  // Before the route the log is a part of the work; behind it nothing depends on it.
  expect([name, answer.status]).toEqual([name, name === "finish" ? 200 : 500]);
  expect([running.count, released()]).toEqual([0, 1]);
});

it("a release that throws keeps no other place", async () => {
  const { url, running, released } = await serve(async ({ exchange }) => {
    exchange.scope.onClose(broken);
    return json({ fine: true });
  });
  expect((await fetch(url)).status).toBe(200);
  expect([running.count, released()]).toEqual([0, 1]);
});

it("an error of the response ends that response only", async () => {
  const gate = { open: (): void => undefined };
  const { url, responses, running } = await serve(async () =>
    streamed(async (sink) => {
      sink.write("data: begun\n\n");
      await new Promise<void>((resolve) => {
        gate.open = resolve;
      });
      sink.end();
      sink.write("after the end");
      return { outcome: "completed" };
    }),
  );
  const answer = await fetch(url);
  responses[0]?.emit("error", new Error("EPIPE"));
  gate.open();
  expect(await answer.text()).toBe("data: begun\n\n");
  expect(running.count).toBe(0);
});

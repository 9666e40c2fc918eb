/** The path that the guard judges is the path that is routed, whatever a client sends as a target. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import fc from "fast-check";
import { expect, it, onTestFinished } from "vitest";
import { answerBadRequests } from "../../src/server/bad-request.ts";
import { followAnswers } from "../../src/server/owed-answers.ts";
import { json, type Route } from "../../src/server/route.ts";
import { createOpenApp } from "../helpers/open-app.ts";
import { startTestRelay } from "../helpers/test-relay.ts";
import { runs, seed } from "./seed.ts";
import { targets } from "./targets.ts";
import { eachOf, sendOnWire } from "./wire.ts";

/** Every route of a real relay, each of which tells what it is and what it was admitted as. */
async function serveMarked(): Promise<number> {
  const relay = await startTestRelay({ signedIn: false });
  const real = relay.routes;
  await relay.close();
  const routes = real.map(({ method, path, isPublic }): Route => {
    const told = { route: path, isPublic: isPublic === true };
    return {
      method,
      path,
      ...(isPublic === undefined ? {} : { isPublic }),
      handle: async ({ exchange }) => {
        const judged = exchange.scope.disclosures.map(({ parameter, reason }) => [
          parameter,
          reason,
        ]);
        return json({ ...told, judged });
      },
    };
  });
  const app = createOpenApp(routes, {
    admit: async ({ scope }, { path, isPublic }) =>
      scope.disclose({ kind: "adapted", parameter: path, reason: String(isPublic) }),
  });
  const server = createServer(app);
  answerBadRequests(server, followAnswers(server));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

interface Told {
  readonly route?: string;
  readonly isPublic?: boolean;
  readonly judged?: readonly (readonly [path: string, isPublic: string])[];
}

/** Does the pattern of a route stand for the path? The router takes a slash at the end as nothing. */
function matches(pattern: string, path: string): boolean {
  const source = pattern
    .replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&")
    .replaceAll(/:\w+/g, "[^/]+")
    .replace("**", ".*");
  return new RegExp(`^${source}/?$`).test(path);
}

it("T6 routes the path that the guard has judged, for every target", {
  timeout: 60_000,
}, async () => {
  const port = await serveMarked();
  let routed = 0;
  await eachOf(fc.sample(targets, { numRuns: runs, seed }), 32, async (target) => {
    const text = `GET ${target} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n`;
    const { status, body } = await sendOnWire(port, Buffer.from(text, "latin1"), "GET");
    const said = `${JSON.stringify(target)} (FUZZ_SEED=${seed})`;
    expect([200, 400, 404, 405, 426], said).toContain(status);
    if (status !== 200) return;
    const { route = "", isPublic, judged } = JSON.parse(body) as Told;
    routed += 1;
    expect(judged, said).toHaveLength(1);
    const [path = "", admittedAsPublic] = judged?.[0] ?? [];
    // The router does not mind a slash at the end; the guard does, and asks for the token.
    const isItsOwn = isPublic === true && path === route;
    expect([said, admittedAsPublic]).toEqual([said, String(isItsOwn)]);
    // h3 decodes what a parameter stands for; the path itself is the one that was judged.
    expect([said, path, matches(route, path)]).toEqual([said, path, true]);
  });
  // Otherwise nothing was shown.
  expect(routed).toBeGreaterThan(runs / 50);
});

it("T64 answers no mutated target without the token, but for those that are public", {
  timeout: 60_000,
}, async () => {
  const relay = await startTestRelay({
    signedIn: false,
    env: {
      AIRELAYS_RATE_LIMIT_PER_MINUTE: "1000000",
      AIRELAYS_RATE_LIMIT_BURST: "1000000",
      AIRELAYS_CONCURRENT_REQUESTS_PER_IP: "1000",
    },
  });
  onTestFinished(() => relay.close());
  const port = Number(new URL(relay.url).port);
  const samples = fc.sample(targets, { numRuns: Math.ceil(runs / 10), seed });
  await eachOf(samples, 32, async (target) => {
    const text = `GET ${target} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n`;
    const { status } = await sendOnWire(port, Buffer.from(text, "latin1"), "GET");
    const path = /^(\/|\/healthz|(\/no-tools)?\/api\/hello)([?#]|$)/.test(target)
      ? "public"
      : "protected";
    const said = `${JSON.stringify(target)} (FUZZ_SEED=${seed})`;
    if (path === "public") expect([200, 400], said).toContain(status);
    // A path that comes to be one of them by its dots, or by an escaped letter, is theirs.
    else if (status === 200)
      expect(decodeURIComponent(new URL(`http://x${target}`).pathname), said).toMatch(
        /^\/(healthz|(no-tools\/)?api\/hello)?$/,
      );
    else expect([400, 401], said).toContain(status);
  });
});

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { RelayError } from "../../src/errors.ts";
import { json, type Route } from "../../src/server/route.ts";
import { createOpenApp } from "../helpers/open-app.ts";

const tersely = (error: RelayError) => ({ told: error.code });
const asks = async () => json("fine");
const routes: readonly Route[] = [
  { method: "POST", path: "/terse/ask", handle: asks },
  { method: "POST", path: "/single", handle: asks },
  { method: "POST", path: "/terser", handle: asks },
];

/** The status of a request and the body of its error, on an app that refuses who says so. */
async function refusals(requests: readonly (readonly [method: string, path: string])[]) {
  const server = createServer(
    createOpenApp(routes, {
      dialects: [{ errorBody: tersely, owns: (path) => /^\/(terse\/|single$)/.test(path) }],
      admit: async ({ req }) => {
        if (req.method === "PUT") throw new RelayError("rate_limit_exceeded", "Too many.");
      },
    }),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => new Promise((resolve) => server.close(() => resolve())));
  const { port } = server.address() as AddressInfo;
  const answers = requests.map(async ([method, path]) => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method });
    return [answer.status, await answer.json()];
  });
  return Promise.all(answers);
}

it("refuses on a path in the envelope of the dialect that owns it, at the door and on a wrong method", async () => {
  expect(
    await refusals([
      ["PUT", "/terse/ask"],
      ["PUT", "/terse/nobody/knows?x=1"],
      ["GET", "/terse/ask"],
      ["GET", "/single"],
      ["POST", "/terse/%zz"],
    ]),
  ).toEqual([
    [429, { told: "rate_limit_exceeded" }],
    [429, { told: "rate_limit_exceeded" }],
    [405, { told: "method_not_allowed" }],
    [405, { told: "method_not_allowed" }],
    [400, { told: "invalid_request" }],
  ]);
});

it("keeps OpenAI's envelope everywhere else", async () => {
  const openAi = (code: string) => ({ error: expect.objectContaining({ code }) });
  expect(
    await refusals([
      ["PUT", "/terser"],
      ["GET", "/single/below"],
      ["GET", "/"],
    ]),
  ).toEqual([
    [429, openAi("rate_limit_exceeded")],
    [404, openAi("not_found")],
    [404, openAi("not_found")],
  ]);
});

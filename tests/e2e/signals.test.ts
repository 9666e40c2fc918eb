/** A relay in a process of its own, and the signals that end it while a request runs. */
import { afterEach, expect, it } from "vitest";
import { connectRaw, requestHead } from "../helpers/raw-client.ts";
import { type SourceRelay, startSourceRelay } from "../helpers/source-relay.ts";

let relay: SourceRelay;
afterEach(() => relay.remove());

/** A request whose body does not come to its end: it runs until something ends it. */
async function beginUpload() {
  const head = requestHead(relay.token, "POST", "/v1/responses", {
    "content-type": "application/json",
    "content-length": "100",
  });
  const client = await connectRaw(relay.url, `${head}\r\n{`);
  const authorization = `Bearer ${relay.token}`;
  for (;;) {
    const answer = await fetch(`${relay.url}/v1/relay/status`, { headers: { authorization } });
    const { running_requests } = (await answer.json()) as { running_requests: number };
    if (running_requests === 1) return client;
  }
}

const settings = { AIRELAYS_RATE_LIMIT_BURST: "100000" };

it.runIf(process.platform !== "win32").each(["SIGINT", "SIGTERM"] as const)(
  "ends with 0 after %s, and what still ran is told why",
  async (signal) => {
    relay = await startSourceRelay({ ...settings, AIRELAYS_DRAIN_SECONDS: "0.05" });
    const client = await beginUpload();
    relay.child.kill(signal);
    expect(await relay.ended).toBe(0);
    const answer = await client.ended;
    expect(answer).toMatch(/^HTTP\/1\.1 503 /);
    expect(answer).toContain('"code":"relay_stopping"');
  },
);

it.runIf(process.platform !== "win32")("ends at once with 130 after a second signal", async () => {
  relay = await startSourceRelay({ ...settings, AIRELAYS_DRAIN_SECONDS: "3600" });
  const client = await beginUpload();
  relay.child.kill("SIGINT");
  await relay.until(/Stopping\. A second Ctrl-C ends it at once\.\n/);
  relay.child.kill("SIGTERM");
  expect(await relay.ended).toBe(130);
  expect(await client.ended).toBe("");
});

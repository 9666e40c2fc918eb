/** What the relay and the commands compose to reach the upstream. */
import { expect, it, onTestFinished, vi } from "vitest";
import { loadConfig } from "../src/config/load.ts";
import { connectUpstream } from "../src/upstream-connection.ts";
import { createHttpClient } from "../src/upstreams/http.ts";
import { startStandInHome } from "./helpers/test-io.ts";
import { testRuntime } from "./helpers/test-relay.ts";

vi.mock(import("../src/upstreams/http.ts"), { spy: true });

it("loads its client again at the next call when that failed", async () => {
  const { home, env } = await startStandInHome();
  const runtime = { ...testRuntime(home), env };
  const { config } = await loadConfig(runtime);
  const credentials = {
    current: async () => ({ accessToken: "none", accountId: "none" }),
    refresh: async () => ({ accessToken: "none", accountId: "none" }),
  };
  const { upstream, close } = connectUpstream(config, runtime, credentials);
  onTestFinished(close);
  vi.mocked(createHttpClient).mockRejectedValueOnce(new Error("EMFILE"));
  const signal = new AbortController().signal;
  await expect(upstream.models(signal)).rejects.toThrow("EMFILE");
  await expect(upstream.models(signal)).rejects.toMatchObject({ code: "upstream_auth_rejected" });
});

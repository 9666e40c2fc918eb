import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { clockFinding } from "../../../src/cli/doctor/answering.ts";
import { toFinding } from "../../../src/cli/doctor/check.ts";
import { connection, dns, proxy, tls } from "../../../src/cli/doctor/network.ts";
import { relayToken } from "../../../src/cli/doctor/relay-token.ts";
import { startConnectProxy, startServer } from "../../helpers/connect-proxy.ts";
import { makePatient } from "../../helpers/patient.ts";
import { deadAddress, makeHome, runCommand } from "../../helpers/test-io.ts";

const elsewhere = {
  AIRELAYS_UPSTREAM_BASE_URL: "https://upstream.test/backend-api/codex",
  AIRELAYS_ISSUER_BASE_URL: "https://auth.test",
};

describe("the check of the proxy", () => {
  it.each([
    [{}, "ok", "None is set; calls go directly."],
    [{ ALL_PROXY: "socks5://p:1" }, "warn", "`ALL_PROXY` is set, and not read; calls go directly."],
    [
      { HTTPS_PROXY: "http://me:secret@p:1", NO_PROXY: "127.0.0.1,auth.test" },
      "ok",
      "upstream.test through p:1 (`HTTPS_PROXY`), auth.test directly.",
    ],
    [
      { HTTPS_PROXY: "p:1" },
      "warn",
      "upstream.test through p:1 (`HTTPS_PROXY`), auth.test through p:1 (`HTTPS_PROXY`). `NO_PROXY` does not name this machine, so clients may send the relay's calls to the proxy.",
    ],
  ])("says of %j: %s", async (env, status, detail) => {
    const patient = await makePatient({ env: { ...elsewhere, ...env } });
    expect(await proxy.run(patient)).toMatchObject({ status, detail });
  });

  it("fails on one that cannot be used", async () => {
    const env = { ...elsewhere, HTTPS_PROXY: "socks5://me:secret@p:1" };
    const result = await runCommand(["doctor", "--json"], { home: await makeHome(), env });
    const { checks } = JSON.parse(result.stdout);
    expect(checks).toContainEqual(expect.objectContaining({ name: "proxy", status: "fail" }));
    expect(checks).toContainEqual(expect.objectContaining({ name: "dns", status: "skipped" }));
    expect(JSON.stringify(result)).not.toContain("secret");
  });
});

describe("the check of names", () => {
  it("fails on a name that nobody knows", async () => {
    const patient = await makePatient({
      env: { ...elsewhere, AIRELAYS_UPSTREAM_BASE_URL: "https://upstream.invalid" },
    });
    expect(await dns.run(patient)).toMatchObject({
      status: "fail",
      detail: "`upstream.invalid`: its name cannot be resolved (DNS).",
    });
  });

  it("leaves the servers' names to the proxy, and looks for the proxy's", async () => {
    const patient = await makePatient({ env: { ...elsewhere, HTTPS_PROXY: "127.0.0.1:9" } });
    expect(await dns.run(patient)).toEqual({
      status: "ok",
      detail: "127.0.0.1 needs no look-up.",
    });
  });
});

describe("the check of the connection", () => {
  it("names the server that refuses", async () => {
    const dead = await deadAddress();
    const env = { AIRELAYS_UPSTREAM_BASE_URL: dead, AIRELAYS_ISSUER_BASE_URL: dead };
    expect(await connection.run(await makePatient({ env }))).toEqual({
      status: "fail",
      detail: `\`${new URL(dead).host}\`: the connection was refused.`,
      next: "Start what should listen there, or change `upstream.base_url`",
    });
  });

  it("goes through the proxy, and takes its refusal for the proxy's", async () => {
    const port = await startServer((_request, response) => response.end());
    const { address } = await startConnectProxy({ ports: { "upstream.test": port } });
    const env = { ...elsewhere, HTTPS_PROXY: `me:secret@${address}` };
    expect(await connection.run(await makePatient({ env }))).toEqual({
      status: "fail",
      detail: `\`auth.test:443\`: the proxy \`${address}\` (\`HTTPS_PROXY\`) refused the connection (502).`,
      next: "Check the address, user name and password in `HTTPS_PROXY`",
    });
  });

  it("gives up on a proxy that never answers", async () => {
    const { address } = await startConnectProxy({ ports: {}, isSilent: true });
    const patient = await makePatient({ env: { ...elsewhere, HTTPS_PROXY: address } });
    expect(await connection.run({ ...patient, stepMs: 30 })).toMatchObject({
      status: "fail",
      detail: expect.stringContaining("did not open a connection in time"),
    });
  });
});

describe("the check of TLS", () => {
  it("says that what listens there does not speak it", async () => {
    const port = await startServer((_request, response) => response.end());
    const env = {
      AIRELAYS_UPSTREAM_BASE_URL: `https://127.0.0.1:${port}`,
      AIRELAYS_ISSUER_BASE_URL: `https://127.0.0.1:${port}`,
      NODE_EXTRA_CA_CERTS: join(await makeHome(), "none.pem"),
    };
    expect(await tls.run(await makePatient({ env }))).toMatchObject({
      status: "fail",
      detail: expect.stringMatching(/TLS failed \(.*which cannot be read\.$/),
      next: "Put right the path in `NODE_EXTRA_CA_CERTS`",
    });
  });
});

describe("clockFinding", () => {
  const minute = 60_000;
  it.each([
    [{ "a.test": 3 * minute, "b.test": -200 }, "ok", "Within 3 minutes of a.test."],
    [{ "a.test": 0 }, "ok", "Within 0 seconds of a.test."],
    [
      { "a.test": 0, "b.test": 7 * minute },
      "warn",
      "This machine's clock is 7 minutes ahead of b.test.",
    ],
    [{ "a.test": -90 * minute }, "warn", "This machine's clock is 2 hours behind a.test."],
    [{}, "skipped", "No server told the time."],
  ])("says of %j: %s", (ahead, status, detail) => {
    expect(clockFinding(new Map(Object.entries(ahead)))).toMatchObject({ status, detail });
  });
});

describe("the check of the relay token", () => {
  it.each([
    [{}, "fail", "There is no relay token yet."],
    [
      { AIRELAYS_AUTO_GENERATE_BEARER_TOKEN: "true" },
      "ok",
      "None yet; `airelays serve` makes one.",
    ],
    [
      { AIRELAYS_BEARER_TOKEN: "letmein" },
      "fail",
      "The relay token from the environment AIRELAYS_BEARER_TOKEN has 7 bytes; 16 are the least. Unset it, then run: airelays init",
    ],
    [
      { AIRELAYS_BEARER_TOKEN: "a-token-that-is-long-enough" },
      "ok",
      "From the environment AIRELAYS_BEARER_TOKEN.",
    ],
    [
      { AIRELAYS_REQUIRE_BEARER_AUTH: "false" },
      "warn",
      "Open mode: every program on this machine can use your plan.",
    ],
    [
      { AIRELAYS_REQUIRE_BEARER_AUTH: "false", AIRELAYS_HOST: "0.0.0.0" },
      "fail",
      "Open mode on `0.0.0.0` would let others use your account.",
    ],
    [
      { AIRELAYS_OLLAMA_LISTEN: "0.0.0.0:11434", AIRELAYS_OLLAMA_OPEN: "true" },
      "fail",
      "Open mode on `0.0.0.0` would let others use your account.",
    ],
  ])("says of %j: %s", async (env, status, detail) => {
    const found = await relayToken.run(await makePatient({ env })).catch(toFinding);
    expect(found).toMatchObject({ status, detail });
  });
});

/**
 * The program behind a company's network: a proxy is the only way out, and TLS is signed by an
 * authority that only `NODE_EXTRA_CA_CERTS` names. Every run makes both calls there are: the model
 * catalogue, and, because the access token has expired, a refresh at the login server.
 */
import { describe, expect, it } from "vitest";
import { startConnectProxy } from "../helpers/connect-proxy.ts";
import { runSource } from "../helpers/source-cli.ts";
import { logIn, runCommand, type StandInHome, startStandInHome } from "../helpers/test-io.ts";
import { startTlsFront, type TlsFront } from "../helpers/tls-front.ts";

interface Network extends StandInHome {
  readonly front: TlsFront;
}

async function startNetwork(): Promise<Network> {
  const standIn = await startStandInHome();
  await logIn(standIn);
  await fetch(`${standIn.simulator.url}/simulator/faults`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ access_tokens: "expire" }),
  });
  return { ...standIn, front: await startTlsFront(standIn.simulator.url) };
}

/** How often the login was renewed at the stand-in. */
async function refreshes({ simulator }: Network): Promise<unknown> {
  const state = await (await fetch(`${simulator.url}/simulator/state`)).json();
  return (state as { refreshes: unknown }).refreshes;
}

const behindProxy = {
  AIRELAYS_UPSTREAM_BASE_URL: "https://upstream.test/backend-api/codex",
  AIRELAYS_ISSUER_BASE_URL: "https://auth.test",
};

describe("the program behind a proxy", () => {
  it("makes its calls to both servers through it, and trusts the authority it was told of", async () => {
    const network = await startNetwork();
    const { port, caFile } = network.front;
    const proxy = await startConnectProxy({ ports: { "upstream.test": port, "auth.test": port } });

    const { stdout, stderr, code } = await runSource(["models", "--json"], network.home, {
      ...behindProxy,
      HTTPS_PROXY: proxy.address,
      NODE_EXTRA_CA_CERTS: caFile,
    });

    expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
    expect(JSON.parse(stdout)).toMatchObject({ object: "list" });
    expect(await refreshes(network)).toBe(1);
    expect(new Set(proxy.asked)).toEqual(new Set(["upstream.test:443", "auth.test:443"]));
  });

  it.each(["127.0.0.1", "localhost"])(
    "speaks TLS with a proxy at %s too, under the proxy's own name",
    async (host) => {
      const network = await startNetwork();
      const { port, caFile, secure } = network.front;
      const ports = { "upstream.test": port, "auth.test": port };
      const proxy = await startConnectProxy({ ports, secure });
      const address = proxy.address.replace("127.0.0.1", host);
      const env = { ...behindProxy, HTTPS_PROXY: `https://${address}` };

      const trusting = await runSource(["models"], network.home, {
        ...env,
        NODE_EXTRA_CA_CERTS: caFile,
      });
      const wary = await runSource(["models"], network.home, env);

      expect({ stderr: trusting.stderr, code: trusting.code }).toEqual({ stderr: "", code: 0 });
      expect(new Set(proxy.asked)).toEqual(new Set(["upstream.test:443", "auth.test:443"]));
      expect(wary.stderr).toContain(
        `the proxy \`${address}\` (\`HTTPS_PROXY\`) cannot be reached: TLS failed (DEPTH_ZERO_SELF_SIGNED_CERT)`,
      );
    },
  );

  it("says that the certificate is not trusted, and what to set", async () => {
    const network = await startNetwork();
    const { port } = network.front;
    const proxy = await startConnectProxy({ ports: { "upstream.test": port, "auth.test": port } });

    const { stdout, stderr, code } = await runSource(["models"], network.home, {
      ...behindProxy,
      HTTPS_PROXY: `http://me:secret@${proxy.address}`,
    });

    expect({ stdout, code }).toEqual({ stdout: "", code: 1 });
    expect(stderr).toMatch(
      /^error: Could not reach `upstream\.test`: TLS failed \(DEPTH_ZERO_SELF_SIGNED_CERT\): .*`NODE_EXTRA_CA_CERTS`\.\n/,
    );
    expect(stderr).not.toContain("secret");
  });

  it("does not start on a proxy that it cannot use, and does not repeat its password", async () => {
    const network = await startNetwork();

    const result = await runSource(["models"], network.home, {
      ...behindProxy,
      HTTPS_PROXY: "socks5://me:secret@proxy.test:1080",
    });

    expect(result).toEqual({
      stdout: "",
      stderr:
        "error: The environment variable `HTTPS_PROXY` names a `socks5://` proxy, and only http and https proxies are spoken.\nhint: Write it as `http://proxy.example:3128`, or unset it\n",
      code: 1,
    });
  });
});

describe("doctor behind a proxy", () => {
  it.each([
    ["http", undefined],
    ["websocket", "A WebSocket to the upstream opens."],
  ])("goes the same way as the relay, and says which, over %s", async (carrier, transport) => {
    const network = await startNetwork();
    const { port, caFile } = network.front;
    const proxy = await startConnectProxy({ ports: { "upstream.test": port, "auth.test": port } });
    await runCommand(["init"], network);

    const { stdout, stderr, code } = await runSource(["doctor", "--json", "--live"], network.home, {
      ...behindProxy,
      AIRELAYS_PORT: "0",
      AIRELAYS_UPSTREAM_TRANSPORT: carrier,
      HTTPS_PROXY: `http://me:secret@${proxy.address}`,
      NO_PROXY: "127.0.0.1",
      NODE_EXTRA_CA_CERTS: caFile,
    });

    expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
    const { ok, checks } = JSON.parse(stdout);
    expect(ok).toBe(true);
    const through = `through ${proxy.address}`;
    const details = checks.map(({ name, detail }: Record<string, string>) => [name, detail]);
    expect(Object.fromEntries(details)).toMatchObject({
      proxy: `upstream.test ${through} (\`HTTPS_PROXY\`), auth.test ${through} (\`HTTPS_PROXY\`).`,
      connect: `upstream.test:443 ${through}; auth.test:443 ${through}.`,
      tls: `upstream.test ${through}, certificate by upstream.test; auth.test ${through}, certificate by upstream.test. \`NODE_EXTRA_CA_CERTS\` is \`${caFile}\`.`,
      cloudflare: "Not in the way: upstream.test answered 401, auth.test answered 404.",
      ...(transport === undefined ? {} : { transport }),
      answer: expect.stringContaining(" answered: first output after "),
    });
    expect(stdout).not.toContain("secret");
  });

  it("finds TLS at fault when the authority is not known, and nothing before it", async () => {
    const network = await startNetwork();
    const { port } = network.front;
    const proxy = await startConnectProxy({ ports: { "upstream.test": port, "auth.test": port } });
    await runCommand(["init"], network);

    const { stdout, stderr, code } = await runSource(["doctor", "--json"], network.home, {
      ...behindProxy,
      AIRELAYS_PORT: "0",
      HTTPS_PROXY: proxy.address,
      NO_PROXY: "127.0.0.1",
    });

    const { checks } = JSON.parse(stdout);
    const failed = checks.filter(({ status }: { status: string }) => status === "fail");
    expect(failed).toEqual([
      {
        name: "tls",
        status: "fail",
        detail: expect.stringMatching(/^`upstream\.test:443`: TLS failed \(DEPTH_ZERO_SELF_SIGNED/),
        next: expect.stringContaining("`NODE_EXTRA_CA_CERTS`"),
      },
    ]);
    expect(stderr).toMatch(/^error: 1 of 14 checks failed: `tls`\.\nhint: /);
    expect(code).toBe(1);
  });
});

describe("the program without a proxy", () => {
  it("trusts the authority of NODE_EXTRA_CA_CERTS at both servers", async () => {
    const network = await startNetwork();
    const { port, caFile } = network.front;

    const { stderr, code } = await runSource(["models"], network.home, {
      AIRELAYS_UPSTREAM_BASE_URL: `https://127.0.0.1:${port}/backend-api/codex`,
      AIRELAYS_ISSUER_BASE_URL: `https://127.0.0.1:${port}`,
      NODE_EXTRA_CA_CERTS: caFile,
    });

    expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
    expect(await refreshes(network)).toBe(1);
  });

  it("reaches this machine directly, whatever proxy is named", async () => {
    const network = await startNetwork();

    const { stderr, code } = await runSource(["models"], network.home, {
      ...network.env,
      HTTP_PROXY: "http://127.0.0.1:1",
      HTTPS_PROXY: "http://127.0.0.1:1",
    });

    expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
    expect(await refreshes(network)).toBe(1);
  });
});

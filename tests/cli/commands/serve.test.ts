import { readdir, symlink, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { reachedAt } from "../../../src/cli/network-reach.ts";
import {
  applyFaults,
  failure,
  logIn,
  makeHome,
  type RunningCommand,
  runCommand,
  startCommand,
  startStandInHome,
} from "../../helpers/test-io.ts";

/** The base URL that `serve` announces. */
async function baseUrlOf(command: RunningCommand): Promise<string> {
  const [, url = ""] = await command.until(/Base URL: +(\S+)\n[\s\S]*Ctrl-C stops/);
  return url;
}

async function occupyPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => new Promise((resolve) => server.close(() => resolve())));
  return (server.address() as AddressInfo).port;
}

const statusOf = async (url: string, headers: Record<string, string> = {}): Promise<number> =>
  (await fetch(url, { headers })).status;

describe("serve", () => {
  it("says where it listens, answers there, and stops when asked", async () => {
    const standIn = await startStandInHome();
    const { stdout } = await runCommand(["init", "--json"], standIn);
    const { relay_token } = JSON.parse(stdout);
    await logIn(standIn);
    const command = startCommand(["serve", "--port", "0"], standIn);

    const url = await baseUrlOf(command);
    const authorization = `Bearer ${relay_token}`;
    const statuses = [
      await statusOf(`${url}/models`, { authorization }),
      await statusOf(`${url}/models`, { authorization: "Bearer wrong" }),
    ];
    command.stop();

    expect(statuses).toEqual([200, 401]);
    const result = await command.done;
    expect(result).toEqual({ stdout: "", stderr: expect.any(String), code: 0 });
    expect(result.stderr.replaceAll(standIn.home, "~").replace(url, "URL")).toMatchInlineSnapshot(`
      "AIRelays is serving

      Relay
        Base URL:          URL
        Relay token:       required; airelays token show
        Signed in:         d***@airelays.invalid, pro
        Transit log:       ~/.airelays/logs (full)

      Ctrl-C stops. To serve without this terminal: airelays serve --detach

      Stopping. A second Ctrl-C ends it at once.
      "
    `);
    expect(result.stderr).not.toContain(relay_token);
    await expect(fetch(`${url}/models`)).rejects.toThrow("fetch failed");
  });

  it("starts without a sign-in, and says so", async () => {
    const home = await makeHome();
    await runCommand(["init"], { home });
    const command = startCommand(["serve", "--port", "0"], { home });

    await command.until(/Signed in: +no; run: airelays login\n/);
    await baseUrlOf(command);
    command.stop();

    expect((await command.done).code).toBe(0);
  });

  it("asks for init when there is no relay token, and exits 1", async () => {
    const home = await makeHome();

    expect(await runCommand(["serve", "--port", "0"], { home })).toEqual(
      failure(
        1,
        "error: There is no relay token yet. Run: airelays init",
        "hint: Or serve without one, open to every program on this machine: airelays serve --no-auth",
      ),
    );
    expect(await readdir(home)).toEqual([]);
  });

  it("makes the token itself where the configuration says so, and does not print it", async () => {
    const home = await makeHome();
    const env = { AIRELAYS_AUTO_GENERATE_BEARER_TOKEN: "true" };
    const command = startCommand(["serve", "--port", "0"], { home, env });
    await baseUrlOf(command);
    command.stop();

    const { stderr, code } = await command.done;

    expect(code).toBe(0);
    const { stdout } = await runCommand(["token", "show", "--json"], { home });
    const { relay_token } = JSON.parse(stdout);
    expect(relay_token).toMatch(/^[\w-]{43}$/);
    expect(stderr).not.toContain(relay_token);
  });

  it("lets everybody on this machine in with --no-auth, and says so", async () => {
    const standIn = await startStandInHome();
    await logIn(standIn);
    const command = startCommand(["serve", "--port", "0", "--no-auth"], standIn);

    await command.until(/Relay token: +none: open to every program on this machine\n/);
    const status = await statusOf(`${await baseUrlOf(command)}/models`);
    command.stop();

    expect({ status, code: (await command.done).code }).toEqual({ status: 200, code: 0 });
  });

  it.each(["0.0.0.0", "::", "192.0.2.1", "box.lan", "127.0.0.1.evil.example"])(
    "T11 refuses %s unless the network is allowed, and says what that would mean",
    async (host) => {
      const home = await makeHome();
      await runCommand(["init"], { home });
      for (const command of ["serve", "demo"]) {
        const { stderr, code } = await runCommand([command, "--host", host, "--port", "0"], {
          home,
        });
        expect([code, stderr]).toEqual([
          2,
          [
            `error: Other machines can reach \`${host}\`: whoever has the relay token would use your account from there, and the token travels unencrypted.`,
            "hint: Serve on 127.0.0.1, or add --allow-network if you trust everybody on that network.",
            "",
          ].join("\n"),
        ]);
      }
    },
  );

  it("T11 refuses open mode on an address that others can reach, allowed or not", async () => {
    expect(
      await runCommand(
        ["serve", "--no-auth", "--allow-network", "--host", "0.0.0.0", "--port", "0"],
        { home: await makeHome() },
      ),
    ).toEqual(
      failure(
        2,
        "error: Open mode on `0.0.0.0` would let others use your account.",
        "hint: Serve on 127.0.0.1, or with the relay token.",
      ),
    );
  });

  it("takes its token from the file that --bearer-token-file names", async () => {
    const standIn = await startStandInHome();
    await logIn(standIn);
    const file = join(standIn.home, "mine");
    await writeFile(file, "a-token-of-my-own\n", { mode: 0o600 });
    const command = startCommand(["serve", "--port", "0", "--bearer-token-file", file], standIn);

    const url = await baseUrlOf(command);
    const status = await statusOf(`${url}/models`, { authorization: "Bearer a-token-of-my-own" });
    command.stop();

    expect({ status, code: (await command.done).code }).toEqual({ status: 200, code: 0 });
  });

  it.each([
    ["T24", "sk-1234", "has 7 bytes; 16 are the least"],
    ["T24", "sk-no-key-required", "is a sample from a manual"],
  ])("%s refuses to start with the token %s", async (_number, token, problem) => {
    const home = await makeHome();
    const file = join(home, "mine");
    await writeFile(file, `${token}\n`, { mode: 0o600 });
    const argv = ["serve", "--port", "0"];
    for (const [more, env] of [
      [["--bearer-token-file", file], {}],
      [[], { AIRELAYS_BEARER_TOKEN: token }],
    ] as const) {
      const { stderr, code } = await runCommand([...argv, ...more], { home, env });
      expect([code, stderr]).toEqual([1, expect.stringContaining(problem)]);
      expect(stderr).not.toContain(token);
    }
  });

  it.runIf(process.platform !== "win32")(
    "T36 refuses to start with a token file that others can read, or that is a link",
    async () => {
      const home = await makeHome();
      const file = join(home, "mine");
      await writeFile(file, "a-token-of-my-own\n", { mode: 0o644 });
      await symlink(file, `${file}.link`);
      for (const [named, problem] of [
        [file, `can be read by other users: chmod 600 '${file}'`],
        [`${file}.link`, "is a symbolic link"],
      ] as const) {
        const argv = ["serve", "--port", "0", "--bearer-token-file", named];
        const { stderr, code } = await runCommand(argv, { home });
        expect([code, stderr]).toEqual([1, expect.stringContaining(problem)]);
      }
    },
  );

  it("T24 refuses an unfit token that is put in place of the good one, and says so", async () => {
    const home = await makeHome();
    const file = join(home, "mine");
    await writeFile(file, "a-token-of-my-own\n", { mode: 0o600 });
    const argv = ["serve", "--port", "0", "--bearer-token-file", file];
    const command = startCommand(argv, { home });
    const url = await baseUrlOf(command);
    await writeFile(file, "sk-1234\n");

    expect(await statusOf(`${url}/models`, { authorization: "Bearer sk-1234" })).toBe(401);
    await command.until(/note: The relay token in `\S+` has 7 bytes; 16 are the least\./);
    command.stop();
    expect((await command.done).code).toBe(0);
  });

  it("names a port that is taken and the flag that chooses another, and exits 1", async () => {
    const home = await makeHome();
    await runCommand(["init"], { home });
    const port = await occupyPort();

    expect(await runCommand(["serve", "--port", String(port)], { home })).toEqual(
      failure(
        1,
        `error: Port ${port} on 127.0.0.1 is in use. Another relay may be running: airelays status`,
        "hint: Choose another port with --port, or stop the program that holds this one.",
      ),
    );
  });

  it("names an address that this machine does not have, and exits 1", async () => {
    const home = await makeHome();
    await runCommand(["init"], { home });

    expect(
      await runCommand(["serve", "--allow-network", "--host", "192.0.2.1", "--port", "0"], {
        home,
      }),
    ).toEqual(
      failure(
        1,
        "error: `192.0.2.1` is not an address of this machine.",
        "hint: Choose one with --host; the default is 127.0.0.1.",
      ),
    );
  });

  it("serves beside a stored login that cannot be read, and says so; so do the answers", async () => {
    const home = await makeHome();
    const { stdout } = await runCommand(["init", "--json"], { home });
    const file = join(home, ".airelays", "auth.json");
    await writeFile(file, "{ not json", { mode: 0o600 });

    const command = startCommand(["serve", "--port", "0"], { home });
    const url = await baseUrlOf(command);
    const answer = await fetch(`${url}/models`, {
      headers: { authorization: `Bearer ${JSON.parse(stdout).relay_token}` },
    });
    const health = await fetch(url.replace("/v1", "/healthz"));
    command.stop();

    const message = `\`${file}\` does not hold a sign-in that can be read. Move it away, then sign in again. Run: airelays login`;
    expect([answer.status, answer.headers.get("x-airelays-upstream-auth")]).toEqual([
      503,
      "unreadable",
    ]);
    expect(await answer.json()).toMatchObject({
      error: { code: "upstream_auth_unreadable", message },
    });
    expect(await health.json()).toMatchObject({ ok: true, upstream_auth: "unreadable" });
    expect((await command.done).stderr).toContain(`Signed in:         ${message}`);
  });

  it("answers as Ollama on a second port, with the token, and stops with it", async () => {
    const standIn = await startStandInHome();
    const { stdout } = await runCommand(["init", "--json"], standIn);
    await logIn(standIn);
    const authorization = `Bearer ${JSON.parse(stdout).relay_token}`;
    const command = startCommand(["serve", "--port", "0", "--ollama", "127.0.0.1:0"], standIn);

    const [, url = ""] = await command.until(/Ollama: +(\S+); with the relay token\n/);
    await baseUrlOf(command);
    const statuses = [
      await statusOf(`${url}/`),
      await statusOf(`${url}/api/tags`, { authorization }),
      await statusOf(`${url}/api/tags`),
    ];
    command.stop();

    expect(statuses).toEqual([200, 200, 401]);
    expect((await command.done).code).toBe(0);
    await expect(fetch(url)).rejects.toThrow("fetch failed");
  });

  it("lets everybody on this machine in there with --ollama-open, and says so", async () => {
    const standIn = await startStandInHome();
    await runCommand(["init"], standIn);
    await logIn(standIn);
    const flags = ["--ollama", "127.0.0.1:0", "--ollama-open"];
    const command = startCommand(["serve", "--port", "0", ...flags], standIn);

    const [, url = ""] = await command.until(
      /Ollama: +(\S+); no token: open to every program on this machine\n/,
    );
    const main = await baseUrlOf(command);
    const statuses = [await statusOf(`${url}/api/tags`), await statusOf(`${main}/models`)];
    command.stop();

    expect(statuses).toEqual([200, 401]);
    expect((await command.done).code).toBe(0);
  });

  it("names the addresses at which other machines reach the port of --ollama, and warns", async () => {
    const standIn = await startStandInHome();
    await runCommand(["init"], standIn);
    const flags = ["--allow-network", "--ollama", "0.0.0.0:0"];
    const command = startCommand(["serve", "--port", "0", ...flags], standIn);
    const [, port = ""] = await command.until(/Ollama: +\S+:(\d+); with the relay token\n/);
    await baseUrlOf(command);
    command.stop();

    const { stderr } = await command.done;
    const addresses = reachedAt("0.0.0.0", networkInterfaces());
    const lines = stderr.split("\n").filter((line) => line.includes("by other machines"));
    expect(lines.map((line) => line.trim())).toEqual(
      addresses.map((each) => `Reached at:        http://${each}:${port}, by other machines`),
    );
    expect(stderr.includes("travel unencrypted")).toBe(addresses.length > 0);
  });

  it("does not take the place of an Ollama that runs already, and exits 1", async () => {
    const home = await makeHome();
    await runCommand(["init"], { home });
    const port = await occupyPort();

    expect(
      await runCommand(["serve", "--port", "0", "--ollama", `127.0.0.1:${port}`], { home }),
    ).toEqual(
      failure(
        1,
        `error: Port ${port} on 127.0.0.1 is in use, most likely by Ollama itself; the relay does not take its place.`,
        "hint: Stop it first. Choose another address: airelays serve --ollama 127.0.0.1:11435",
      ),
    );
  });

  it.each([
    [
      ["--ollama-open"],
      "error: `--ollama-open` opens the port of `--ollama`, which is not on.",
      "hint: airelays serve --ollama --ollama-open",
    ],
    [
      ["--ollama", "0.0.0.0:0", "--ollama-open"],
      "error: Open mode on `0.0.0.0` would let others use your account.",
      "hint: Serve on 127.0.0.1, or with the relay token.",
    ],
    [
      ["--ollama", "0.0.0.0:0", "--no-auth"],
      "error: Open mode on `0.0.0.0` would let others use your account.",
      "hint: Serve on 127.0.0.1, or with the relay token.",
    ],
    [
      ["--ollama", "0.0.0.0:0"],
      "error: Other machines can reach `0.0.0.0`: whoever has the relay token would use your account from there, and the token travels unencrypted.",
      "hint: Serve on 127.0.0.1, or add --allow-network if you trust everybody on that network.",
    ],
    [
      ["--ollama", "nowhere"],
      'error: `--ollama` must be `off`, `on` or an address such as `127.0.0.1:11434`, not "nowhere"',
      "hint: airelays --help",
    ],
  ])("refuses %j as wrong usage", async (flags, ...lines) => {
    const home = await makeHome();
    await runCommand(["init"], { home });
    expect(await runCommand(["serve", "--port", "0", ...flags], { home })).toEqual(
      failure(2, ...lines),
    );
  });

  it("tells everybody when the sign-in ends, and takes up a new one without a restart", async () => {
    const standIn = await startStandInHome();
    const { stdout } = await runCommand(["init", "--json"], standIn);
    await logIn(standIn);
    const command = startCommand(["serve", "--port", "0"], standIn);
    const url = await baseUrlOf(command);
    const ask = () =>
      fetch(`${url}/responses`, {
        method: "POST",
        headers: {
          authorization: `Bearer ${JSON.parse(stdout).relay_token}`,
          "content-type": "application/json",
        },
        body: JSON.stringify({ model: "gpt-5.5", input: "Hi" }),
      });
    const health = async () => (await fetch(url.replace("/v1", "/healthz"))).json();
    // The login is read at the first request at the latest.
    expect((await ask()).status).toBe(200);
    expect(await health()).toMatchObject({ upstream_auth: "ok" });

    await applyFaults(standIn, { access_tokens: "revoke", refresh: "invalidated" });
    const refused = await ask();
    expect([refused.status, refused.headers.get("x-airelays-upstream-auth")]).toEqual([
      503,
      "refresh_failed",
    ]);
    expect(JSON.stringify(await refused.json())).toContain("Run: airelays login");
    await command.until(
      /note: The ChatGPT sign-in can no longer be renewed\..* Run: airelays login\n/,
    );
    expect(await health()).toMatchObject({ ok: true, upstream_auth: "expired" });

    await applyFaults(standIn, { refresh: "none" });
    await logIn(standIn);
    expect((await ask()).status).toBe(200);
    await command.until(/note: A new ChatGPT sign-in was found/);
    expect(await health()).toMatchObject({ upstream_auth: "ok" });
    command.stop();
    const { stderr } = await command.done;
    expect(stderr.match(/can no longer be renewed/g)).toHaveLength(1);
  });
});

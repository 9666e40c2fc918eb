import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { inProcessPrograms } from "../../helpers/in-process-programs.ts";
import {
  logIn,
  makeHome,
  runCommand,
  startCommand,
  startStandInHome,
} from "../../helpers/test-io.ts";

describe("start", () => {
  it("writes the config file and the token, signs in, and serves", async () => {
    const standIn = await startStandInHome();
    const programs = inProcessPrograms(standIn);
    const place = { ...standIn, programs };

    const argv = ["start", "--detach", "--device", "--port", "0"];
    const { stdout, stderr, code } = await logIn(place, argv);

    expect([code, stderr]).toEqual([0, expect.stringContaining("Config file:")]);
    expect(stderr).toMatch(
      /Set up\n {2}Config file: .*config\.toml \(created\)\n {2}Relay token: +created;/,
    );
    expect(stderr).toMatch(/Signed in\n {2}Email: +d\*\*\*@airelays\.invalid\n/);
    const [, url = ""] = /Base URL: +(\S+)\/v1\n/.exec(stdout) ?? [];
    expect(stdout).toContain("Signed in:         d***@airelays.invalid, pro\n");
    const token = await readFile(join(standIn.home, ".airelays", "relay-token"), "utf8");
    const headers = { authorization: `Bearer ${token.trim()}` };
    expect((await fetch(`${url}/v1/models`, { headers })).status).toBe(200);
    expect(stdout + stderr).not.toContain(token.trim());
    // What was for this start alone is not in the file.
    const config = join(standIn.home, ".config", "airelays", "config.toml");
    expect(await readFile(config, "utf8")).toMatch(/^port = 8080$/m);
    await runCommand(["stop"], standIn);
    expect((await programs.commands[0]?.done)?.code).toBe(0);
  });

  it("does only what is still to do, and serves at the terminal until it is stopped", async () => {
    const standIn = await startStandInHome();
    await runCommand(["init"], standIn);
    await logIn(standIn);
    const command = startCommand(["start", "--port", "0"], standIn);
    await command.until(/Base URL: +\S+\n[\s\S]*Ctrl-C stops/);
    command.stop();
    const { stdout, stderr, code } = await command.done;
    expect([code, stdout]).toEqual([0, ""]);
    expect(stderr).toMatch(/^AIRelays is serving\n/);
  });

  it("makes no token for an open start, and serves beside a login that cannot be read", async () => {
    const home = await makeHome();
    const file = join(home, ".airelays", "auth.json");
    await runCommand(["init", "--no-auth"], { home });
    await mkdir(join(home, ".airelays"), { recursive: true, mode: 0o700 });
    await writeFile(file, "{ not json", { mode: 0o600 });
    const command = startCommand(["start", "--no-auth", "--port", "0"], { home });
    await command.until(/Signed in: +`\S+auth\.json` does not hold a sign-in[\s\S]*Ctrl-C stops/);
    command.stop();
    expect((await command.done).code).toBe(0);
    await expect(stat(join(home, ".airelays", "relay-token"))).rejects.toThrow("ENOENT");
  });

  it("signs in for a relay that runs already, and is content with it", async () => {
    const standIn = await startStandInHome();
    await runCommand(["init"], standIn);
    const serving = startCommand(["serve", "--port", "0"], standIn);
    const [, url = ""] = await serving
      .until(/Signed in: +no[\s\S]*Ctrl-C stops/)
      .then(() => serving.until(/Base URL: +(\S+)\/v1\n/));
    const argv = ["start", "--device", "--port", new URL(url).port];

    const { stdout, stderr, code } = await logIn(standIn, argv);
    const again = await runCommand(argv, standIn);
    const other = await runCommand([...argv, "--no-auth"], standIn);
    serving.stop();
    await serving.done;

    const content = `The relay runs already, at ${url} (process ${process.pid}). \`airelays stop\` ends it.\n`;
    expect([code, stdout]).toEqual([0, content]);
    expect(stderr).toContain("Email:             d***@airelays.invalid\n");
    expect(again).toEqual({ stdout: content, stderr: "", code: 0 });
    // That one needs the token: this is not what was asked for.
    expect([other.code, other.stderr]).toEqual([1, expect.stringContaining("runs already, at")]);
  });
});

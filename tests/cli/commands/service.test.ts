import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Programs } from "../../../src/cli/programs.ts";
import { makeHome, type RunningCommand, runCommand, startCommand } from "../../helpers/test-io.ts";

/** A systemd that knows what it was told, and runs the unit as a command of this process. */
function fakeSystemd(home: string, { refuses = "" } = {}) {
  const ran: string[] = [];
  const commands: RunningCommand[] = [];
  let isEnabled = false;
  const serve = ["serve", "--port", "0", "--no-auth", "--started-by=service"];
  const run: Programs["run"] = async (argv) => {
    const [, , verb = ""] = argv;
    ran.push(argv.join(" "));
    if (refuses !== "" && verb === refuses) {
      return { code: 1, stdout: "", stderr: "Failed to connect to bus\n" };
    }
    if (verb === "enable") isEnabled = true;
    if (verb === "disable") isEnabled = false;
    if (verb === "restart") commands.push(startCommand(serve, { home }));
    return { code: verb !== "is-enabled" || isEnabled ? 0 : 1, stdout: "", stderr: "" };
  };
  return { ran, commands, programs: { run } };
}

const linux = { platform: "linux" } as const;
const unitOf = (home: string) => join(home, ".config", "systemd", "user", "airelays.service");
const exists = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  );

async function* answer(text: string) {
  yield text;
}

// The paths of this system are those of the other two, except on Windows.
describe.skipIf(process.platform === "win32")("service", () => {
  it("install shows what it does, does it, and waits; uninstall undoes it", async () => {
    const home = await makeHome();
    const { ran, commands, programs } = fakeSystemd(home);
    const options = { home, programs, runtime: linux };

    const installed = await runCommand(["service", "install", "--yes"], options);
    expect(installed.code).toBe(0);
    const text = await readFile(unitOf(home), "utf8");
    expect(installed.stdout).toContain(`It writes ${unitOf(home)}:\n\n${text}\nand runs:\n\n`);
    expect(installed.stdout).toMatch(
      /\nInstalled\. It serves at http\S+ \(process \d+\), and starts/,
    );
    expect((await stat(unitOf(home))).mode & 0o777).toBe(0o600);

    const status = await runCommand(["service", "status", "--json"], options);
    expect(JSON.parse(status.stdout)).toEqual({
      manager: "systemd",
      file: unitOf(home),
      installed: true,
      up_to_date: true,
      enabled: true,
      running: [expect.objectContaining({ started_by: "service", pid: process.pid })],
    });

    const again = await runCommand(["service", "install", "--yes"], options);
    expect(again.code).toBe(0);
    expect((await commands[0]?.done)?.code).toBe(0);

    const removed = await runCommand(["service", "uninstall", "--yes"], options);
    expect([removed.code, removed.stdout]).toEqual([0, expect.stringContaining("is removed")]);
    expect((await commands[1]?.done)?.code).toBe(0);
    expect(await exists(unitOf(home))).toBe(false);
    expect(ran.slice(-3)).toEqual([
      "systemctl --user disable --now airelays.service",
      "systemctl --user daemon-reload",
      "systemctl --user is-enabled airelays.service",
    ]);
    const twice = await runCommand(["service", "uninstall", "--yes"], options);
    expect([twice.code, twice.stdout]).toEqual([
      0,
      expect.stringMatching(/^No service is installed/),
    ]);
  });

  it("--print only shows, and nobody to ask means no", async () => {
    const home = await makeHome();
    const { ran, programs } = fakeSystemd(home);
    const options = { home, programs, runtime: linux };

    const printed = await runCommand(["service", "install", "--print"], options);
    const unasked = await runCommand(["service", "install"], options);
    const refused = await runCommand(["service", "install"], {
      ...options,
      typed: () => answer("n"),
    });

    expect([printed.code, unasked.code, refused.code]).toEqual([0, 2, 2]);
    expect(unasked.stdout).toBe(printed.stdout);
    expect(unasked.stderr).toContain("hint: Add --yes; or look only, with --print.\n");
    expect(refused.stderr).toMatch(
      /Install it as a service of systemd\? \[y\/N\] error: Cancelled; nothing was changed\.\n/,
    );
    expect([ran, await exists(unitOf(home))]).toEqual([[], false]);
  });

  it("asks, and goes on when the answer is yes", async () => {
    const home = await makeHome();
    const { commands, programs } = fakeSystemd(home);
    const options = { home, programs, runtime: linux, typed: () => answer("y") };
    expect((await runCommand(["service", "install"], options)).code).toBe(0);
    await runCommand(["stop"], { home });
    const { stderr } = await runCommand(["stop"], { home });
    expect([stderr, (await commands[0]?.done)?.code]).toEqual(["", 0]);
  });

  it("leaves nothing behind when the service manager refuses", async () => {
    const home = await makeHome();
    const { programs } = fakeSystemd(home, { refuses: "enable" });
    const { stderr, code } = await runCommand(["service", "install", "--yes"], {
      home,
      programs,
      runtime: linux,
    });
    expect([code, stderr]).toEqual([
      1,
      "error: `systemctl --user enable airelays.service` ended with 1: Failed to connect to bus\n" +
        "hint: In the background without a service manager: airelays serve --detach\n",
    ]);
    expect(await exists(unitOf(home))).toBe(false);
  });

  it("says when there is no service manager to run", async () => {
    const home = await makeHome();
    const run = () => Promise.reject(new Error("spawn systemctl ENOENT"));
    const { stderr, code } = await runCommand(["service", "install", "--yes"], {
      home,
      programs: { run },
      runtime: linux,
    });
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining("it cannot be run: spawn systemctl ENOENT"),
    ]);
    expect(await exists(unitOf(home))).toBe(false);
  });

  it("does not touch a file that airelays did not write", async () => {
    const home = await makeHome();
    await mkdir(dirname(unitOf(home)), { recursive: true });
    await writeFile(unitOf(home), "[Unit]\nDescription=mine\n");
    for (const verb of ["install", "uninstall", "status"]) {
      const argv = ["service", verb, ...(verb === "status" ? [] : ["--yes"])];
      const { ran, programs } = fakeSystemd(home);
      const { stderr, code } = await runCommand(argv, { home, programs, runtime: linux });
      expect([code, stderr, ran]).toEqual([
        1,
        expect.stringContaining("was not written by airelays; it is left as it is."),
        [],
      ]);
    }
    expect(await readFile(unitOf(home), "utf8")).toBe("[Unit]\nDescription=mine\n");
  });

  it("is not put beside a relay that has its port", async () => {
    const home = await makeHome();
    const serving = startCommand(["serve", "--port", "0", "--no-auth"], { home });
    const [, url = ""] = await serving.until(/Base URL: +(\S+)\/v1\n[\s\S]*Ctrl-C stops/);
    const { ran, programs } = fakeSystemd(home);
    const { stderr, code } = await runCommand(["service", "install", "--yes"], {
      home,
      programs,
      runtime: linux,
      env: { AIRELAYS_PORT: new URL(url).port },
    });
    serving.stop();
    await serving.done;
    expect([code, stderr, ran]).toEqual([
      1,
      expect.stringContaining(`error: A relay runs already at ${url} (process ${process.pid}).\n`),
      [],
    ]);
    expect(stderr).toContain("note: Set in this terminal, and not for the service: AIRELAYS_PORT.");
  });

  it("is written for the Windows task scheduler in its own encoding", async () => {
    const home = await makeHome();
    const dataDir = join(home, "Größe");
    const ran: (readonly string[])[] = [];
    const run: Programs["run"] = async (argv) => {
      ran.push(argv);
      const wasDeleted = ran.some((each) => each[1] === "/Delete");
      return { code: argv[1] === "/Query" && wasDeleted ? 1 : 0, stdout: "", stderr: "" };
    };
    const argv = ["--data-dir", dataDir, "--yes"];
    // Every look is far from the one before: nobody waits for a service that this test does not start.
    let now = Date.now();
    const clock = { now: () => (now += 60_000) };
    const options = { home, programs: { run }, runtime: { platform: "win32", clock } as const };

    const { stdout } = await runCommand(["service", "install", ...argv], options);
    const bytes = await readFile(join(dataDir, "service.xml"));
    expect([...bytes.subarray(0, 4)]).toEqual([0xff, 0xfe, 0x3c, 0x00]);
    expect(bytes.toString("utf16le")).toContain("Größe");
    expect(stdout).toContain("Installed. It does not answer yet: airelays service status\n");

    await runCommand(["service", "uninstall", ...argv], options);
    expect(await exists(join(dataDir, "service.xml"))).toBe(false);
    expect(ran.map(([, verb]) => verb)).toEqual(["/Create", "/Run", "/Delete", "/Query"]);
  });

  it("restarts by its manager", async () => {
    const home = await makeHome();
    const { ran, commands, programs } = fakeSystemd(home);
    const options = { home, programs, runtime: linux };
    await runCommand(["service", "install", "--yes"], options);

    const { stdout, code } = await runCommand(["restart"], options);

    expect([code, stdout]).toEqual([0, "The service starts again: airelays service status\n"]);
    expect(ran.at(-1)).toBe("systemctl --user restart airelays.service");
    expect((await commands[0]?.done)?.code).toBe(0);
    commands[1]?.stop();
    await commands[1]?.done;
  });
});

import { execFile } from "node:child_process";
import { EventEmitter } from "node:events";
import { PassThrough } from "node:stream";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { createProcessIO, wantsColor } from "../../src/cli/io.ts";

const io = new URL("../../src/cli/io.ts", import.meta.url).href;

interface FakeProcess {
  readonly process: NodeJS.Process;
  readonly stdout: PassThrough;
  readonly stderr: PassThrough;
  readonly exits: number[];
}

/** As much of a process as the terminal needs: two streams, signals, an environment and an end. */
function createFakeProcess(env: Record<string, string> = {}, isTTY = false): FakeProcess {
  const stdout = Object.assign(new PassThrough(), { isTTY });
  const stderr = Object.assign(new PassThrough(), { isTTY });
  const exits: number[] = [];
  const exit = (code: number): void => {
    exits.push(code);
  };
  const fake = Object.assign(new EventEmitter(), { stdout, stderr, env, exit });
  return { process: fake as unknown as NodeJS.Process, stdout, stderr, exits };
}

describe("the terminal of the process", () => {
  it("writes data to stdout and talk to stderr", () => {
    const { process, stdout, stderr } = createFakeProcess();
    const io = createProcessIO(process);

    io.stdout("data\n");
    io.stderr("talk\n");

    expect(String(stdout.read())).toBe("data\n");
    expect(String(stderr.read())).toBe("talk\n");
  });

  it("keeps no more than a mebibyte of what nobody reads, and says then what is missing", () => {
    const { process, stderr } = createFakeProcess();
    let unread = 2 * 1024 * 1024;
    Object.defineProperty(stderr, "writableLength", { get: () => unread });
    const io = createProcessIO(process);

    for (const text of ["one\n", "two\n"]) io.stderr(text);
    unread = 0;
    for (const text of ["three\n", "four\n"]) io.stderr(text);

    expect(String(stderr.read())).toBe(
      "note: Nobody read this output; 2 messages are missing.\nthree\nfour\n",
    );
  });

  it("tells an error that nobody caught, and goes on", () => {
    const { process, exits } = createFakeProcess();
    const told: unknown[] = [];
    createProcessIO(process).onStrayError((error) => told.push(error));

    const errors = [new Error("thrown"), new Error("rejected")];
    process.emit("uncaughtException", errors[0] as Error);
    process.emit("unhandledRejection", errors[1], Promise.resolve());

    expect([told, exits]).toEqual([errors, []]);
  });

  it("gives the engine no option that it does not know, which it would complain of", async () => {
    const script = `
      const { createProcessIO } = await import(${JSON.stringify(io)});
      await createProcessIO(process).prepareToServe();`;
    const args = ["--import", "tsx", "--input-type=module", "--eval", script];
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args);
    expect([stdout, stderr]).toEqual(["", ""]);
  });

  it("outlives a pipe that closes and a full disk, and fails when data was lost", () => {
    const { process, stdout, stderr } = createFakeProcess();
    const io = createProcessIO(process);
    expect(io.stdoutIsGone()).toBe(false);
    const failure = (code: string): Error => Object.assign(new Error(code), { code });

    expect(() => stdout.emit("error", failure("EPIPE"))).not.toThrow();
    expect(() => stderr.emit("error", failure("ENOSPC"))).not.toThrow();
    process.emit("exit", 0);
    expect(process.exitCode).toBeUndefined();
    expect(io.stdoutIsGone()).toBe(true);

    expect(() => stdout.emit("error", failure("ENOSPC"))).not.toThrow();
    process.emit("exit", 0);
    expect(process.exitCode).toBe(1);
  });

  it("listens for signals only once a command asks, so that Ctrl-C ends the others", () => {
    const { process } = createFakeProcess();
    const io = createProcessIO(process);

    expect(process.listenerCount("SIGINT")).toBe(0);
    io.stopSignal();
    expect(process.listenerCount("SIGINT")).toBe(1);
    io.stopSignal();
    void io.stopRequest();
    expect(process.listenerCount("SIGINT")).toBe(1);
  });

  it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
    "takes %s as the wish to stop",
    async (name) => {
      const { process, exits } = createFakeProcess();
      const io = createProcessIO(process);
      const early = io.stopRequest();

      process.emit(name, name);

      await early;
      await io.stopRequest();
      expect(io.stopSignal().aborted).toBe(true);
      expect(exits).toEqual([]);
    },
  );

  it("ends at once when asked a second time", () => {
    const { process, exits } = createFakeProcess();
    createProcessIO(process).stopSignal();

    process.emit("SIGINT", "SIGINT");
    process.emit("SIGINT", "SIGINT");

    expect(exits).toEqual([130]);
  });

  it("prints progress as one plain line where there is no terminal to redraw", async () => {
    const { process, stderr } = createFakeProcess();
    const progress = await createProcessIO(process).progress("Waiting for the sign-in");

    progress.update("Still waiting");
    progress.stop();

    expect(String(stderr.read())).toBe("Waiting for the sign-in\n");
  });

  it.each([
    ["no width", {}],
    ["a CI system behind it", { CI: "true" }],
  ])("prints one plain line on a terminal with %s", async (_, env) => {
    const { process, stderr } = createFakeProcess(env, true);

    (await createProcessIO(process).progress("Waiting")).stop();

    expect(String(stderr.read())).toBe("Waiting\n");
  });
});

describe("colour", () => {
  it.each([
    ["a terminal", {}, true, true],
    ["a pipe", {}, undefined, false],
    ["a terminal with NO_COLOR", { NO_COLOR: "1" }, true, false],
    ["a terminal with an empty NO_COLOR", { NO_COLOR: "" }, true, true],
    ["a terminal with CLICOLOR=0", { CLICOLOR: "0" }, true, false],
    ["a dumb terminal", { TERM: "dumb" }, true, false],
  ])("on %s", (_, env, isTty, expected) => {
    expect(wantsColor(env, isTty)).toBe(expected);
  });
});

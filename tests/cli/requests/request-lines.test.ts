import picocolors from "picocolors";
import { describe, expect, it } from "vitest";
import type { CliIO, Terminal } from "../../../src/cli/io.ts";
import { createRequestLines } from "../../../src/cli/requests/request-lines.ts";
import type { WatchedRequest } from "../../../src/transit/watched-log.ts";
import { settableClock } from "../../helpers/local-state.ts";
import { createScreen } from "../../helpers/screen.ts";
import { testRuntime } from "../../helpers/test-relay.ts";

/** The lines of a `serve` on a terminal whose beat is given by hand. */
function start(terminal: Terminal | undefined, args: Record<string, unknown> = {}) {
  const clock = settableClock(Date.UTC(2026, 10, 21, 18, 30));
  const screen = createScreen(terminal?.columns ?? 80);
  let beat: (() => void) | undefined;
  const io = {
    stderr: screen.write,
    stderrColors: picocolors.createColors(false),
    stderrTerminal: terminal,
  } as unknown as CliIO;
  const lines = createRequestLines(
    { args, io, runtime: { ...testRuntime("/home/me"), clock } },
    (_ms, work) => {
      beat = work;
      return () => {
        beat = undefined;
      };
    },
  );
  const shown = (): string[] => screen.lines().map((line) => line.replace(/\d\d:\d\d/g, "TIME"));
  return { lines, clock, shown, screen, beat: () => beat?.(), isBeating: () => beat !== undefined };
}

const make = (id: string): WatchedRequest => ({
  id,
  method: "GET",
  path: `/v1/${id}`,
  model: undefined,
  hasBegun: false,
  tokens: undefined,
  ending: undefined,
});
const end = (request: WatchedRequest): WatchedRequest =>
  Object.assign(request, {
    ending: {
      status: 200,
      outcome: "completed",
      code: undefined,
      firstByteMs: 100,
      durationMs: 100,
    },
  });

const terminal = (columns: number): Terminal => ({ columns, canRedraw: true });

describe("the lines of requests on a terminal", () => {
  it("live at the bottom while they run, and stay above when they are over", () => {
    const { lines, clock, shown, beat, isBeating } = start(terminal(80));
    const [one, two] = [make("one"), make("two")];
    lines.begin();
    lines.watch?.started(one);
    lines.watch?.started(two);
    expect(shown()).toEqual([]);

    clock.set(clock.now() + 3_000);
    beat();
    expect(shown()).toEqual(["TIME waits 3s GET /v1/one", "TIME waits 3s GET /v1/two"]);

    lines.io.stderr("note: something\n");
    two.hasBegun = true;
    lines.watch?.ended(end(one), true);
    beat();
    expect(shown()).toEqual([
      "note: something",
      "TIME GET /v1/one ok 0.1s",
      "TIME answers 3s GET /v1/two",
    ]);

    lines.watch?.ended(end(two), true);
    expect(isBeating()).toBe(false);
    expect(shown()).toEqual([
      "note: something",
      "TIME GET /v1/one ok 0.1s",
      "TIME GET /v1/two ok 0.1s",
    ]);
  });

  it("are cut to the width while they live, and wrapped when they stay", () => {
    const { lines, shown, beat } = start(terminal(20));
    const request = make("a-long-name");
    lines.begin();
    lines.watch?.started(request);
    beat();
    expect(shown()).toEqual(["TIME waits 0s GET "]);
    lines.watch?.ended(end(request), true);
    expect(shown()).toEqual(["TIME GET", "  /v1/a-long-name", "  ok 0.1s"]);
  });

  it("are not more than a few, and say how many others there are", () => {
    const { lines, shown, beat } = start(terminal(80));
    lines.begin();
    for (let index = 0; index < 9; index += 1) lines.watch?.started(make(String(index)));
    beat();
    expect(shown()).toHaveLength(7);
    expect(shown().at(-1)).toBe("and 3 more");
    lines.end();
    expect(shown()).toEqual([]);
  });

  it("leave out what the log leaves out, and what came before it began", () => {
    const { lines, shown } = start(terminal(80));
    lines.watch?.ended(end(make("early")), true);
    lines.begin();
    lines.watch?.ended(end(make("poll")), false);
    expect(shown()).toEqual([]);
  });

  it("use no control characters in --plain, nor where a terminal cannot redraw", () => {
    for (const [each, args] of [
      [terminal(80), { plain: true }],
      [{ columns: 80, canRedraw: false }, {}],
    ] as const) {
      const { lines, screen, isBeating } = start(each, args);
      const request = make("one");
      lines.begin();
      lines.watch?.started(request);
      lines.watch?.ended(end(request), true);
      expect(isBeating()).toBe(false);
      expect(screen.raw()).toMatch(/^\d\d:\d\d GET \/v1\/one[ -~]*\n$/);
    }
  });
});

describe("the plan", () => {
  const headers = (used: string) => ({
    "x-codex-primary-used-percent": used,
    "x-codex-primary-window-minutes": "300",
    "x-codex-primary-reset-after-seconds": "600",
  });

  it("is told first, and again when a whole percent is gone", () => {
    const { lines, shown } = start(terminal(80));
    lines.begin();
    for (const used of ["12", "12.4", "13"]) lines.watch?.plan(headers(used));
    lines.watch?.plan({});
    expect(shown()).toEqual([
      "TIME Plan: 5h 88 % left until TIME",
      "TIME Plan: 5h 87 % left until TIME",
    ]);
  });

  it("is a record for each window in a pipe", () => {
    const { lines, screen } = start(undefined);
    lines.begin();
    lines.watch?.plan(headers("12"));
    lines.end();
    expect(screen.raw()).toBe(
      "plan window=5h used_percent=12 resets_at=2026-11-21T18:40:00.000Z\n",
    );
  });
});

it("--quiet follows nothing", () => {
  expect(start(terminal(80), { quiet: true }).lines.watch).toBeUndefined();
});

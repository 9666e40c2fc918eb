import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { cellsOf } from "../../../src/cli/transits/figures.ts";
import { logRequest, logText, type Records } from "../../helpers/log-files.ts";
import {
  failure,
  logIn,
  makeHome,
  runCommand,
  startCommand,
  startStandInHome,
} from "../../helpers/test-io.ts";

const noon = Date.UTC(2026, 2, 4, 12);
const minute = 60_000;
const id = (digit: number): string => `req_${String(digit).repeat(32)}`;

const usage = {
  input_tokens: 12_345,
  input_tokens_details: { cached_tokens: 9_800 },
  output_tokens: 1_200,
};

function answered(at: number, fields: Record<string, unknown> = {}): Records {
  return [
    ["inbound_request", { method: "POST", path: "/v1/chat/completions", headers: {} }],
    ["inbound_body", { body: { model: "gpt-5.5", messages: [] } }],
    ["upstream_request", { url: "https://upstream", model: "gpt-5.5", body: { model: "gpt-5.5" } }],
    ["upstream_usage", { response_id: "resp_1", usage }],
    [
      "outbound_response",
      {
        status_code: 200,
        outcome: "completed",
        accepted_at: new Date(at).toISOString(),
        first_byte_ms: 420,
        duration_ms: 3_100,
        ...fields,
      },
    ],
  ];
}

/** Three requests: one answered, one refused, one of which the stream broke off. */
async function makeLog(): Promise<string> {
  const home = await makeHome();
  await logRequest(home, { id: id(1), at: noon, records: answered(noon) });
  await logRequest(home, {
    id: id(2),
    at: noon + minute,
    records: answered(noon + minute, {
      status_code: 429,
      outcome: "rejected",
      error: { code: "usage_limit_reached", message: "spent" },
    }),
  });
  const late = noon + 24 * 60 * minute;
  await logRequest(home, {
    id: id(3),
    at: late,
    records: [
      ["inbound_request", { method: "POST", path: "/v1/responses" }],
      ["inbound_body", { body: { model: "gpt-5.5-codex" } }],
      [
        "outbound_response",
        {
          status_code: 200,
          outcome: "upstream_cut",
          accepted_at: new Date(late).toISOString(),
          first_byte_ms: 1_000,
          duration_ms: 125_000,
        },
      ],
    ],
  });
  return home;
}

describe("logs", () => {
  it("prints a line for each request, the newest last, with everything when it is piped", async () => {
    const home = await makeLog();
    expect(await runCommand(["logs"], { home })).toEqual({
      stdout: [
        "time (UTC)           result  first  total  in/cached/out  id  model  request",
        `2026-03-04 12:00:00  200  420ms  3.1s  12345/9800/1200  ${id(1)}  gpt-5.5  POST /v1/chat/completions`,
        `2026-03-04 12:01:00  429 usage_limit_reached  420ms  3.1s  12345/9800/1200  ${id(2)}  gpt-5.5  POST /v1/chat/completions`,
        `2026-03-05 12:00:00  200 cut  1.0s  2m05s  -  ${id(3)}  gpt-5.5-codex  POST /v1/responses`,
        "",
      ].join("\n"),
      stderr: "",
      code: 0,
    });
  });

  it.each([
    [
      80,
      [
        "time      request           model         result        first   total   id",
        "2026-03-04 (UTC)",
        "12:00:00  chat/completions  gpt-5.5       200           420ms   3.1s    11111111",
      ],
    ],
    [
      40,
      [
        "time      result        total   id",
        "2026-03-04 (UTC)",
        "12:00:00  200           3.1s    11111111",
        "12:01:00  429 rejected  3.1s    22222222",
        "2026-03-05 (UTC)",
        "12:00:00  200 cut       2m05s   33333333",
      ],
    ],
    [
      160,
      [
        expect.stringMatching(
          /^time \(UTC\) +request +model +result +first +total +in\/cached\/out +id$/,
        ),
        expect.stringMatching(
          /^2026-03-04 12:00:00 {2}POST \/v1\/chat\/completions +gpt-5\.5 +200 +420ms +3\.1s +12\.3k\/9\.8k\/1\.2k +11111111$/,
        ),
        expect.stringMatching(/429 usage_limit_reached/),
      ],
    ],
  ])("shows the columns that fit a terminal of %i characters", async (columns, expected) => {
    const home = await makeLog();
    const lines = (await runCommand(["logs"], { home, columns })).stdout.split("\n");
    expect(lines.slice(0, expected.length)).toEqual(expected);
    expect(Math.max(...lines.map(cellsOf))).toBeLessThanOrEqual(columns);
  });

  it.each([
    [["--status", "429"], [2]],
    [["--status", "4xx"], [2]],
    [
      ["--status", "error"],
      [2, 3],
    ],
    [
      ["--status", "completed,upstream_cut"],
      [1, 3],
    ],
    [["--model", "CODEX"], [3]],
    [
      ["--since", "2026-03-04T12:00:30"],
      [2, 3],
    ],
    [["--since", "2026-03-05"], [3]],
    [
      ["--limit", "2"],
      [2, 3],
    ],
    [["--request", "22222222"], [2]],
    [["--request", id(1)], [1]],
  ])("shows with %j those that were asked for", async (options, wanted) => {
    const home = await makeLog();
    const { stdout } = await runCommand(["logs", ...options], { home });
    const shown = [...stdout.matchAll(/req_(\d)\d{31}/g)].map(([, digit]) => Number(digit));
    expect(shown).toEqual(wanted);
  });

  it("finds a request by the id that its client sent, and by that of the answer", async () => {
    const home = await makeLog();
    const headers = { "x-request-id": "my-own-id" };
    const records: Records = [
      ["inbound_request", { method: "GET", path: "/v1/models", headers }],
      ["outbound_response", { status_code: 200, outcome: "completed" }],
    ];
    await logRequest(home, { id: id(4), at: noon, records });
    expect((await runCommand(["logs", "--request", "my-own-id"], { home })).stdout).toContain(
      id(4),
    );
    expect((await runCommand(["logs", "--request", "resp_1"], { home })).stdout).toContain(id(1));
  });

  it("prints the records with --json, one a line, and passes over damaged ones", async () => {
    const home = await makeLog();
    await logText(
      home,
      noon,
      `{"logged_at":"2026-03-04T12:00:00.000Z","request_id":"req_9","phase":"x","bo\n`,
    );
    await logText(home, noon, "\u001b[31mnot a record\n");
    const { stdout, stderr } = await runCommand(["logs", "--json"], { home });
    const phases = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { request_id: string; phase: string })
      .map(({ request_id, phase }) => `${request_id.slice(0, 5)} ${phase}`);
    expect(phases).toEqual([
      "req_1 inbound_request",
      "req_1 inbound_body",
      "req_1 upstream_request",
      "req_1 upstream_usage",
      "req_1 outbound_response",
      "req_2 inbound_request",
      "req_2 inbound_body",
      "req_2 upstream_request",
      "req_2 upstream_usage",
      "req_2 outbound_response",
      "req_3 inbound_request",
      "req_3 inbound_body",
      "req_3 outbound_response",
    ]);
    expect(stderr).toBe("note: 1 line of the log, damaged or not of this relay, left out.\n");
  });

  it("says what the log says of itself, where it stands", async () => {
    const home = await makeLog();
    const own = { logged_at: new Date(noon + 2 * minute).toISOString(), request_id: null };
    const lost = { ...own, phase: "log_dropped", requests: 3 };
    const pruned = { ...own, phase: "log_pruned", reason: "logging.retention_days", files: 2 };
    await logText(home, noon, `${JSON.stringify(lost)}\n${JSON.stringify(pruned)}\n`);
    const lines = (await runCommand(["logs"], { home })).stdout.split("\n");
    expect(lines.slice(3, 5)).toEqual([
      "-- 3 requests are missing here: the disk did not keep up",
      "-- 2 old files were deleted: logging.retention_days",
    ]);
  });

  it("T51 makes control characters of a client harmless, and keeps each request on its line", async () => {
    const home = await makeHome();
    const model = "\u001b[2J\nevil\u202e\u009b31m模型模型模型模型模型模型";
    const records: Records = [
      ["inbound_request", { method: "POST", path: "/v1/x\u001b[31m" }],
      ["inbound_body", { body: { model } }],
      ["outbound_response", { status_code: 400, outcome: "rejected" }],
    ];
    await logRequest(home, { id: id(1), at: noon, records });
    for (const options of [{ home }, { home, columns: 80 }]) {
      const { stdout } = await runCommand(["logs"], options);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
      expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
      expect(stdout.trimEnd().split("\n")).toHaveLength("columns" in options ? 3 : 2);
      if ("columns" in options) {
        expect(Math.max(...stdout.split("\n").map(cellsOf))).toBeLessThanOrEqual(80);
      }
    }
  });

  it("names a request whose end was never written", async () => {
    const home = await makeHome();
    await logRequest(home, {
      id: id(1),
      at: noon,
      records: [["inbound_request", { method: "GET", path: "/v1/models" }]],
    });
    expect((await runCommand(["logs"], { home })).stdout).toContain("unfinished");
  });

  it("says where it looked when there is nothing, and how to get something", async () => {
    const home = await makeHome();
    const directory = join(home, ".airelays", "logs");
    const run = (...options: string[]) => runCommand(["logs", ...options], { home });
    expect(await run()).toEqual({
      stdout: "",
      stderr: `No request is in the log at \`${directory}\` yet. A relay writes it: airelays serve\n`,
      code: 0,
    });
    expect((await run("--since", "2h")).stderr).toBe(
      `No request in the log at \`${directory}\` is of that kind.\n`,
    );
    expect((await run("--request", "80580184")).stderr).toBe(
      `No such request is in the log at \`${directory}\`.\n`,
    );
  });

  it("tells that a stretch of time has more than is shown", async () => {
    const home = await makeLog();
    const { stderr } = await runCommand(["logs", "--since", "2026-03-01", "--limit", "2"], {
      home,
    });
    expect(stderr).toBe("note: Only the newest 2 are shown. For more: --limit 20\n");
  });

  it.each([
    [
      ["--since", "yesterday"],
      "`--since` must be a time ago such as `30m`, `2h` or `3d`, or a moment such as `2026-11-21T12:30` (UTC)",
    ],
    [["--limit", "0"], "`--limit` must be a number from 1 to 100000"],
    [
      ["--status", "bad"],
      "`--status` must be a number such as `429` or `5xx`, or one of `completed`, `rejected`, `failed`, `upstream_cut`, `client_gone`, `error`",
    ],
  ])("refuses %j with what would be right", async (options, message) => {
    expect(await runCommand(["logs", ...options], { home: await makeHome() })).toEqual(
      failure(2, `error: ${message}`, "hint: airelays logs --help"),
    );
  });

  it("follows a relay that serves, over its restart", async () => {
    const standIn = await startStandInHome();
    await logIn(standIn);
    await runCommand(["init"], standIn);
    const { stdout } = await runCommand(["token", "show", "--json"], standIn);
    const { relay_token: token } = JSON.parse(stdout) as { relay_token: string };
    const following = startCommand(["logs", "--follow"], standIn);
    for (const model of ["gpt-5.5", "gpt-5.6-luna"]) {
      const serving = startCommand(["serve", "--port", "0"], standIn);
      const [, base = ""] = await serving.until(/Base URL: +(\S+)\n[\s\S]*Ctrl-C stops/);
      const answer = await fetch(`${base}/responses`, {
        method: "POST",
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        body: JSON.stringify({ model, input: "Say tree." }),
      });
      await answer.text();
      await following.until(new RegExp(`req_\\w+ {2}${model} {2}POST /v1/responses\\n`));
      serving.stop();
      await serving.done;
    }
    following.stop();
    expect((await following.done).code).toBe(0);
  });
});

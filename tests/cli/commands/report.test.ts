import { readFile, stat, symlink, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { account } from "../../../src/simulator/account.ts";
import { findSecrets, type Secrets, secretsIn } from "../../helpers/canaries.ts";
import { logRequest } from "../../helpers/log-files.ts";
import { startTap } from "../../helpers/tap.ts";
import {
  failure,
  makeHome,
  runCommand,
  startCommand,
  startStandInHome,
} from "../../helpers/test-io.ts";
import { unzip } from "../../helpers/unzip.ts";

const prompt = "canary-prompt";

/** A session with everything in it that a report must not have: signed in, asked, refused, failed. */
async function arrange() {
  const { home, simulator } = await startStandInHome();
  const tap = await startTap(simulator.url);
  const env = { ...tap.env, AIRELAYS_RETRY_ATTEMPTS: "0" };
  const options = { home, env };
  const { relay_token: token } = JSON.parse(
    (await runCommand(["init", "--json"], options)).stdout,
  ) as { relay_token: string };
  expect((await runCommand(["login", "--device"], options)).code).toBe(0);
  const serving = startCommand(["serve", "--port", "0"], options);
  const [, base = ""] = await serving.until(/Base URL: +(\S+)\n[\s\S]*Ctrl-C stops/);
  const ask = async (path: string, body: unknown, bearer = token): Promise<void> => {
    const headers = {
      authorization: `Bearer ${bearer}`,
      "content-type": "application/json",
      "user-agent": `tool of ${basename(home)}`,
    };
    const init = { method: "POST", headers, body: JSON.stringify(body) };
    await (await fetch(base + path, init)).text().catch(() => undefined);
  };
  const model = "gpt-5.5";
  const input = `${prompt} of ${account.email}, ${account.name}, in ${home}/notes: ${token} ${account.id}`;
  await ask("/responses", { model, input, temperature: 1, user: account.email });
  await ask("/responses", { model, input: `[sim:status code=500] ${input}` });
  await ask("/responses", { model: `m ${account.email}`, input });
  await ask(`/files/${token}?key=${token}`, {});
  await ask("/responses", { model, input }, "wrong-token-of-sixteen");
  serving.stop();
  await serving.done;
  const secrets: Secrets = secretsIn(tap.exchanges).set("relay token", new Set([token]));
  expect([...secrets.keys()]).toEqual(
    expect.arrayContaining(["access_token", "refresh_token", "id_token", "relay token"]),
  );
  // As an older version might have logged them: by their value, where no field's name hides them.
  const live = ["access_token", "refresh_token", "id_token", "relay token"];
  const leaked = live.flatMap((name) => [...(secrets.get(name) ?? [])]).join(" and ");
  await logRequest(home, {
    id: `req_${"c".repeat(32)}`,
    at: Date.now(),
    records: [
      ["inbound_request", { method: "POST", path: `/v1/${token}`, headers: { "x-any": leaked } }],
      ["inbound_body", { body: { model: token, input: leaked } }],
      ["outbound_response", { status_code: 500, outcome: "rejected", error: { code: token } }],
    ],
  });
  const report = async (...argv: string[]) => {
    const path = join(home, `${argv.length}.zip`);
    const result = await runCommand(["report", "--output", path, ...argv], options);
    return { ...result, path, files: unzip(await readFile(path)) };
  };
  return { home, options, secrets, report };
}

/** What of a person is in the texts, by what it is. */
function found(texts: ReadonlyMap<string, string>, secrets: Secrets, home: string): string[] {
  const personal = new Map([
    ["e-mail", account.email],
    ["masked e-mail", account.email.slice(account.email.indexOf("@"))],
    ["account id", account.id],
    ["user id", account.userId],
    ["organization", account.organizationId],
    ["name", account.name],
    ["home", home],
    ["user name", basename(home)],
  ]);
  return [...texts].flatMap(([file, text]) => [
    ...findSecrets(text, secrets).map((what) => `${what} in ${file}`),
    ...[...personal]
      .filter(([, value]) => text.includes(value))
      .map(([what]) => `${what} in ${file}`),
  ]);
}

describe("report", () => {
  it("T26 T27 has no secret, no account, no name and no path of yours in it, and nothing that was said", async () => {
    const { home, secrets, report } = await arrange();
    const { files, stdout, stderr, code, path } = await report();

    expect(code).toBe(0);
    expect([...files.keys()]).toEqual([
      "README.txt",
      "versions.json",
      "doctor.json",
      "config.json",
      "status.json",
      "requests.jsonl",
    ]);
    expect(found(files, secrets, home)).toEqual([]);
    expect([...files.values()].join("")).not.toContain(prompt);
    // It says something all the same.
    const endings = (files.get("requests.jsonl") ?? "").trimEnd().split("\n");
    expect(endings.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      {
        method: "POST",
        path: "/v1/responses",
        model: "gpt-5.5",
        status_code: 200,
        outcome: "completed",
        changes: ["ignored temperature", "ignored user"],
      },
      { status_code: 502, error_code: "upstream_error", upstream_status: 500 },
      { model: "(not a name)", outcome: "rejected" },
      { path: "/v1/files/*" },
      { status_code: 401, error_code: "invalid_api_key" },
      { path: "/v1/*", model: "[secret]", status_code: 500, error_code: "[secret]" },
    ]);
    const json = (name: string): unknown => JSON.parse(files.get(name) ?? "");
    expect(json("doctor.json")).toMatchObject({ ok: true });
    expect(json("status.json")).toMatchObject({ auth: { ready_for_requests: true } });
    expect(json("config.json")).toMatchObject({
      settings: { "server.port": { value: 8080, origin: "file" } },
    });
    expect((await stat(path)).mode & 0o777).toBe(process.platform === "win32" ? 0o666 : 0o600);
    expect(stdout).toContain(`${path}\n  README.txt      what the other files are\n`);
    expect(stderr).toContain("Look through it before you send it. Nothing was sent to anybody.\n");
  }, 60_000);

  it("has the conversations only when that is asked for, and then without secrets too", async () => {
    const { home, secrets, report } = await arrange();
    const { files, stderr } = await report("--with-content", "--limit", "5");
    expect(found(files, secrets, home)).toEqual([]);
    const records = files.get("records.jsonl") ?? "";
    expect(records).toContain(prompt);
    // The oldest of six is left out.
    expect((files.get("requests.jsonl") ?? "").trimEnd().split("\n")).toHaveLength(5);
    expect(records).not.toContain('"temperature"');
    expect(stderr).toContain(
      "note: It has what was asked and answered, in full: `records.jsonl`.\n",
    );
  }, 60_000);

  it("tells as JSON what it wrote", async () => {
    const home = await makeHome();
    const path = join(home, "r.zip");
    const { stdout, code } = await runCommand(["report", "--output", path, "--json"], { home });
    expect([code, JSON.parse(stdout)]).toEqual([
      0,
      {
        path,
        with_content: false,
        files: expect.arrayContaining([
          {
            name: "versions.json",
            about: "airelays, Node.js and the system",
            bytes: expect.any(Number),
          },
        ]),
      },
    ]);
  });

  const onPosix = it.skipIf(process.platform === "win32");

  onPosix("replaces a file only with --force, and writes through no link", async () => {
    const home = await makeHome();
    const target = join(home, "precious");
    await writeFile(target, "mine");
    const path = join(home, "r.zip");
    await symlink(target, path);
    expect(await runCommand(["report", "--output", path], { home })).toEqual(
      failure(1, `error: \`${path}\` is there already. To replace it: --force`),
    );
    expect((await runCommand(["report", "--output", path, "--force"], { home })).code).toBe(0);
    expect(await readFile(target, "utf8")).toBe("mine");
    expect(unzip(await readFile(path)).has("README.txt")).toBe(true);
  });

  it("says where it cannot write, before or after it looked", async () => {
    const home = await makeHome();
    expect(await runCommand(["report", "--output", home], { home })).toEqual(
      failure(
        2,
        `error: \`--output\` is a folder: \`${home}\`. Name a file in it`,
        "hint: airelays report --help",
      ),
    );
    const { code, stderr } = await runCommand(["report", "--output", join(home, "no", "r.zip")], {
      home,
    });
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(
        /error: The report could not be written: ENOENT[^\n]*\nhint: Name another place: --output FILE\.zip\n$/,
      ),
    ]);
  });

  it("is made of what there is when the configuration cannot be read", async () => {
    const home = await makeHome();
    const config = join(home, "config.toml");
    await writeFile(config, "[server]\nport = 'x'\n");
    const path = join(home, "r.zip");
    const { code, stderr } = await runCommand(["report", "--config", config, "--output", path], {
      home,
    });
    expect([code, stderr]).toEqual([
      0,
      expect.stringContaining("Without settings, status and requests"),
    ]);
    const files = unzip(await readFile(path));
    expect([...files.keys()]).toEqual(["README.txt", "versions.json", "doctor.json"]);
    expect(files.get("doctor.json")).toContain("server.port");
    expect([...files.values()].join("")).not.toContain(home);
  });
});

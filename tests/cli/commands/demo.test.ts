import { readdir } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { makeHome, startCommand } from "../../helpers/test-io.ts";

const marker = "[airelays stand-in, no AI]";

describe("demo", () => {
  it("signs in, shows two streamed answers, prints the exports, serves and stops", async () => {
    const home = await makeHome();
    const command = startCommand(["demo", "--port", "0"], { home });

    const [, stderrUrl] = await command.until(/Base URL: +(\S+)\n[\s\S]*Ctrl-C stops/);
    const [, url = "", token = ""] = await command.until(
      /export OPENAI_BASE_URL=(\S+)\nexport OPENAI_API_KEY=(\S+)\n/,
    );
    const answer = await fetch(`${url}/chat/completions`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify({ model: "gpt-5.5", messages: [{ role: "user", content: "Hi." }] }),
    });
    const completion: unknown = await answer.json();
    command.stop();

    expect(stderrUrl).toBe(url);
    expect(completion).toMatchObject({ choices: [{ message: { content: `${marker} Hi.` } }] });
    const { stdout, stderr, code } = await command.done;
    expect({ stdout, code }).toEqual({
      stdout: `export OPENAI_BASE_URL=${url}\nexport OPENAI_API_KEY=${token}\n`,
      code: 0,
    });
    expect(stderr).toContain("This is a stand-in upstream: no account, no AI, canned answers.\n");
    expect(stderr).toContain(
      `POST ${url}/chat/completions\n  ${marker} Hello from chat completions.\n`,
    );
    expect(stderr).toContain(`POST ${url}/responses\n  ${marker} Hello from responses.\n`);
    expect(stderr).toContain("\nServing, on a stand-in upstream: no account, no AI");
    expect(stderr).not.toContain(token);
  });

  it("reads and writes nothing of the person's own settings", async () => {
    const home = await makeHome();
    const env = { AIRELAYS_CONFIG: "/none.toml", AIRELAYS_PORT: "1", AIRELAYS_HOST: "192.0.2.1" };
    const command = startCommand(["demo", "--port", "0"], { home, env });
    await command.until(/OPENAI_API_KEY=/);
    command.stop();

    expect((await command.done).code).toBe(0);
    expect(await readdir(home)).toEqual([]);
  });
});

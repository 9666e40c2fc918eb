import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  logIn,
  makeHome,
  runCommand,
  startCommand,
  startStandInHome,
} from "../../helpers/test-io.ts";

const tokenFile = (home: string): string => join(home, ".airelays", "relay-token");
const readToken = async (home: string): Promise<string> =>
  (await readFile(tokenFile(home), "utf8")).trim();

const client = (file: string, token: string | undefined) => ({
  base_url: "http://127.0.0.1:8080/v1",
  models_url: "http://127.0.0.1:8080/v1/models",
  requires_bearer_auth: true,
  authorization_header: "Authorization: Bearer <relay token>",
  token_file: file,
  reveal_token_command: "airelays token show",
  rotate_token_command: "airelays token rotate",
  ...(token === undefined
    ? {}
    : {
        client_api_key: token,
        relay_token: token,
        openai_api_key_env: `OPENAI_API_KEY=${token}`,
      }),
});

describe("token show", () => {
  it("reveals the token and how to use it", async () => {
    const home = await makeHome();
    await runCommand(["init"], { home });
    const token = await readToken(home);

    const { stdout, stderr, code } = await runCommand(["token", "show", "--json"], { home });

    expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
    expect(JSON.parse(stdout)).toEqual({
      bearer_token_present: true,
      bearer_token_file: tokenFile(home),
      bearer_token_source: "file",
      client_api_key: token,
      relay_token: token,
      client: client(tokenFile(home), token),
      next_steps: [],
    });
    expect((await runCommand(["token", "show"], { home })).stdout).toContain(
      `  Export key:        export OPENAI_API_KEY=${token}\n`,
    );
  });

  it("names the address of the relay that runs, not the one that is configured", async () => {
    const standIn = await startStandInHome();
    await runCommand(["init"], standIn);
    await logIn(standIn);
    const serving = startCommand(["serve", "--port", "0"], standIn);
    const [, url = ""] = await serving.until(/Base URL: +(\S+)\/v1\n[\s\S]*Ctrl-C stops/);
    const { stdout } = await runCommand(["token", "show"], standIn);
    const rotated = await runCommand(["token", "rotate", "--json"], standIn);
    const again = await runCommand(["init"], standIn);
    serving.stop();
    await serving.done;
    expect(stdout).toContain(`export OPENAI_BASE_URL=${url}/v1\n`);
    expect(JSON.parse(rotated.stdout).client.base_url).toBe(`${url}/v1`);
    expect(again.stdout).toContain(`Base URL:          ${url}/v1\n`);
  });

  it("says that there is none and how to make one, and exits 0", async () => {
    const home = await makeHome();

    const { stdout, stderr, code } = await runCommand(["token", "show", "--json"], { home });

    expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
    expect(JSON.parse(stdout)).toEqual({
      bearer_token_present: false,
      bearer_token_file: tokenFile(home),
      bearer_token_source: null,
      client_api_key: null,
      relay_token: null,
      client: client(tokenFile(home), undefined),
      next_steps: ["airelays init"],
    });
    const text = (await runCommand(["token", "show"], { home })).stdout;
    expect(text).toMatch(/^There is no relay token yet\n/);
    expect(text).toMatch(/\nNext steps\n {2}1\. airelays init\n$/);
  });

  it("shows the token of the environment where that is the one that counts", async () => {
    const home = await makeHome();
    await runCommand(["init"], { home });

    const { stdout } = await runCommand(["token", "show", "--json"], {
      home,
      env: { AIRELAYS_BEARER_TOKEN: "from-env" },
    });

    expect(JSON.parse(stdout)).toMatchObject({
      bearer_token_source: "env",
      client_api_key: "from-env",
      relay_token: "from-env",
    });
  });

  it("reads the file that --bearer-token-file names", async () => {
    const home = await makeHome();
    const file = join(home, "mine");
    await writeFile(file, "my-own-token\n");

    const argv = ["token", "show", "--json", "--bearer-token-file", file];
    const { stdout } = await runCommand(argv, { home });

    expect(JSON.parse(stdout)).toMatchObject({
      bearer_token_file: file,
      relay_token: "my-own-token",
    });
  });
});

describe("token rotate", () => {
  it("replaces the token in the file and prints the new one", async () => {
    const home = await makeHome();
    await runCommand(["init"], { home });
    const old = await readToken(home);

    const { stdout, stderr, code } = await runCommand(["token", "rotate", "--json"], { home });

    const token = await readToken(home);
    expect(token).toMatch(/^[\w-]{43}$/);
    expect(token).not.toBe(old);
    expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
    expect(JSON.parse(stdout)).toEqual({
      bearer_token_file: tokenFile(home),
      bearer_token_source: "file",
      client_api_key: token,
      relay_token: token,
      client: client(tokenFile(home), token),
    });
  });

  it("says for people that the old one is refused from now on", async () => {
    const home = await makeHome();

    const { stdout, stderr, code } = await runCommand(["token", "rotate"], { home });

    expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
    expect(stdout).toContain(`  Relay token:       ${await readToken(home)}\n`);
    expect(stdout).toMatch(/\nThe old token is refused from now on, by a running relay too\.\n$/);
  });

  it("warns that a token of the environment still wins over the new one", async () => {
    const home = await makeHome();

    const { stdout, stderr, code } = await runCommand(["token", "rotate", "--json"], {
      home,
      env: { AIRELAYS_BEARER_TOKEN: "from-env" },
    });

    expect({ stderr, code }).toEqual({
      stderr:
        "note: `AIRELAYS_BEARER_TOKEN` is set and still wins over the new token in the file.\n",
      code: 0,
    });
    expect(JSON.parse(stdout)).toMatchObject({
      bearer_token_source: "env",
      relay_token: await readToken(home),
    });
  });

  it("does not tell people that the old one is refused while the environment still holds it", async () => {
    const { stdout } = await runCommand(["token", "rotate"], {
      home: await makeHome(),
      env: { AIRELAYS_BEARER_TOKEN: "from-env" },
    });

    expect(stdout).not.toContain("refused from now on");
  });
});

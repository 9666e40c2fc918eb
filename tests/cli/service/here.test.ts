import { describe, expect, it } from "vitest";
import { isInCache, leftBehind, planHere } from "../../../src/cli/service/here.ts";
import { loadConfig } from "../../../src/config/load.ts";
import type { Runtime } from "../../../src/runtime.ts";
import { testRuntime } from "../../helpers/test-relay.ts";

const program = {
  node: "/usr/bin/node",
  nodeOptions: ["--use-system-ca"],
  script: "lib/main.js",
  folder: () => "/opt/airelays",
};

async function planOf(changes: Partial<Runtime>, flags: Readonly<Record<string, string>> = {}) {
  const runtime = { ...testRuntime("/home/me"), program, ...changes };
  const loaded = await loadConfig({
    ...runtime,
    flags,
    configPath: flags["config"],
    allowMissing: true,
  });
  return { plan: planHere(flags, loaded, runtime), left: leftBehind(loaded, runtime) };
}

// The paths of this system are those of the other two, except on Windows.
describe.skipIf(process.platform === "win32")("the service of this machine", () => {
  it("runs this program by its whole path, and says that it is a service", async () => {
    const { plan } = await planOf({ platform: "linux" });
    expect(plan.file.path).toBe("/home/me/.config/systemd/user/airelays.service");
    expect(plan.file.text).toContain(
      'ExecStart="/usr/bin/node" "--use-system-ca" "/opt/airelays/lib/main.js" "serve" "--started-by=service"\n',
    );
  });

  it("is of the system's own kind, and on Windows starts the relay in the background", async () => {
    const env = { USERDOMAIN: "PC", USERNAME: "me" };
    const kinds = [
      (await planOf({ platform: "darwin", userId: 501 })).plan,
      (await planOf({ platform: "win32", env })).plan,
    ];
    expect(kinds.map(({ manager }) => manager)).toEqual(["launchd", "task scheduler"]);
    expect(kinds[0]?.install.at(-1)?.argv.slice(0, 3)).toEqual([
      "launchctl",
      "bootstrap",
      "gui/501",
    ]);
    expect(kinds[1]?.file.text).toContain("--started-by=service --detach</Arguments>");
    expect(kinds[1]?.file.text).toContain("<UserId>PC\\me</UserId>");
    await expect(planOf({ platform: "freebsd" })).rejects.toThrow(
      "airelays knows no service manager of freebsd",
    );
  });

  it("finds the files where this terminal has them, named by flag or environment", async () => {
    const { plan } = await planOf(
      { platform: "linux", env: { AIRELAYS_DATA_DIR: "data", AIRELAYS_AUTH_STORAGE: "file" } },
      { config: "my.toml" },
    );
    expect(plan.file.text).toContain(
      '"serve" "--config=/opt/airelays/my.toml" "--data-dir=/opt/airelays/data" "--auth-storage=file" "--started-by=service"\n',
    );
  });

  it("has no secret and no setting of the environment; they are named", async () => {
    const secret = "a-token-in-the-environment";
    const { plan, left } = await planOf({
      platform: "linux",
      env: {
        AIRELAYS_BEARER_TOKEN: secret,
        AIRELAYS_PORT: "8317",
        AIRELAYS_DATA_DIR: "/data",
        AIRELAYS_CONFIG: "/etc/airelays.toml",
        HTTPS_PROXY: "http://user:password@proxy",
        NO_PROXY: "",
      },
    });
    expect(left).toEqual(["AIRELAYS_BEARER_TOKEN", "AIRELAYS_PORT", "HTTPS_PROXY"]);
    const text = JSON.stringify(plan);
    for (const word of [secret, "8317", "password"]) expect(text).not.toContain(word);
  });

  it("is refused when a path would end a line of its file", async () => {
    const script = "/opt/a\nExecStartPre=evil/main.js";
    await expect(planOf({ platform: "linux", program: { ...program, script } })).rejects.toThrow(
      "holds a control character",
    );
  });
});

it.each([
  ["/home/me/.npm/_npx/0a1b/node_modules/.bin/airelays", true],
  [
    "C:\\Users\\me\\AppData\\Local\\npm-cache\\_npx\\1\\node_modules\\airelays\\dist\\main.js",
    true,
  ],
  ["/home/me/.cache/pnpm/dlx-123/node_modules/airelays/dist/main.js", true],
  ["/tmp/bunx-1000-airelays/node_modules/airelays/dist/main.js", true],
  ["/usr/local/bin/airelays", false],
])("knows whether %s goes away by itself", (script, isGone) => {
  expect(isInCache(script)).toBe(isGone);
});

import { describe, expect, it } from "vitest";
import { prefersDeviceLogin, requireAccount } from "../../src/auth/login-method.ts";
import { login } from "./tokens.ts";

describe("prefersDeviceLogin", () => {
  it.each([
    ["a desktop with X", "linux", { DISPLAY: ":0" }, false],
    ["a desktop with Wayland", "linux", { WAYLAND_DISPLAY: "wayland-0" }, false],
    ["a Mac", "darwin", {}, false],
    ["Windows", "win32", {}, false],
    ["Linux without a display", "linux", {}, true],
    ["an empty display variable", "linux", { DISPLAY: "" }, true],
    ["a shell over SSH", "darwin", { SSH_CONNECTION: "10.0.0.1 1 10.0.0.2 22" }, true],
    ["SSH with a forwarded display", "linux", { SSH_TTY: "/dev/pts/0", DISPLAY: ":10" }, true],
    ["a container with a display", "linux", { container: "podman", DISPLAY: ":0" }, true],
    ["a hosted editor", "linux", { CODESPACES: "true", DISPLAY: ":0" }, true],
  ] as const)("on %s", (_, platform, env, expected) => {
    expect(prefersDeviceLogin({ platform, env })).toBe(expected);
  });
});

describe("requireAccount", () => {
  it("takes any account, or the one that is required", () => {
    requireAccount(login(), undefined);
    requireAccount(login(), "account-1");
  });

  it("names both workspaces when they differ", () => {
    expect(() => requireAccount(login(), "account-2")).toThrow(
      /`account-1`, but `account-2` is required/,
    );
  });

  it("refuses a login without an account", () => {
    expect(() => requireAccount(login({ accountId: undefined }), undefined)).toThrow(
      /names no ChatGPT account/,
    );
  });
});

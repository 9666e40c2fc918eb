import { describe, expect, it } from "vitest";
import { checkFlagValues } from "../../src/cli/flag-values.ts";

describe("the values of options", () => {
  it("are accepted when the settings accept them", () => {
    const args = { host: "::1", port: "0", "auth-storage": "FILE", "no-auth": true, json: true };

    expect(() => checkFlagValues(args, "serve"), "serve").not.toThrow();
  });

  it("are refused together, as wrong usage", () => {
    const args = { port: "eighty", "auth-storage": "cloud", "data-dir": " " };

    expect(() => checkFlagValues(args, "serve"), "serve").toThrow(
      expect.objectContaining({
        code: "usage",
        exitCode: 2,
        message:
          '`--port` must be a whole number from 0 to 65535, not "eighty"; ' +
          "`--data-dir` must be a path, in quotes and not empty; " +
          '`--auth-storage` must be one of `auto`, `keyring`, `file`, not "cloud"',
      }),
    );
  });
});

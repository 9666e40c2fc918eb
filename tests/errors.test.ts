import { describe, expect, it } from "vitest";
import { RelayError, toRelayError } from "../src/errors.ts";

describe("a thrown value becomes an error for the client", () => {
  it.each([
    ["ENOSPC", /is full/],
    ["EDQUOT", /quota/],
    ["EROFS", /read-only/],
    ["EIO", /fails to read or write/],
  ])("that says what the disk refused with %s, and no path", (code, message) => {
    const cause = Object.assign(new Error(`${code}: open '/home/me/.airelays/x'`), { code });
    const error = toRelayError(cause);
    expect(error).toMatchObject({ code: "storage_failed", status: 500 });
    expect(error.message).toMatch(message);
    expect(error.message).not.toContain("/home");
    expect(error.cause).toBe(cause);
  });

  it("that tells nothing of a defect but that there is one", () => {
    for (const cause of [new TypeError("x is undefined"), "text", undefined]) {
      expect(toRelayError(cause)).toMatchObject({ code: "internal_error", status: 500 });
    }
  });

  it("and stays what it is when it is one already", () => {
    const error = new RelayError("not_found", "No.");
    expect(toRelayError(error)).toBe(error);
  });
});

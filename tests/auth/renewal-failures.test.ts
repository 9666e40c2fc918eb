import { describe, expect, it } from "vitest";
import { RelayError } from "../../src/errors.ts";
import { createManualClock } from "./manual-clock.ts";
import { createMemoryFailures, createMemoryFile } from "./memory-failures.ts";
import { login } from "./tokens.ts";

const final = new RelayError("upstream_auth_refresh_failed", "It is over. Run: airelays login");
const passing = new RelayError("upstream_unreachable", "No network.");

describe("createRenewalFailures", () => {
  it("keeps a final failure for every process and the next start, as long as the login is the same", async () => {
    const clock = createManualClock();
    const file = createMemoryFile();
    await createMemoryFailures(clock, file).remember(login(), final);
    clock.advance(1_000_000);
    const next = createMemoryFailures(clock, file);
    expect(next.standing(login())).toBeUndefined();
    await next.load();
    expect(next.standing(login())).toMatchObject({ code: final.code, message: final.message });
    expect(next.final(login())).toMatchObject({ since: "2026-06-01T00:00:00.000Z" });
    expect(next.standing(login({ refreshToken: "refresh-2" }))).toBeUndefined();
  });

  it("keeps the moment of the first failure", async () => {
    const clock = createManualClock();
    const failures = createMemoryFailures(clock);
    await failures.remember(login(), final);
    clock.advance(60);
    await failures.remember(login(), final);
    expect(failures.final(login())?.since).toBe("2026-06-01T00:00:00.000Z");
  });

  it("holds no token", async () => {
    const file = createMemoryFile();
    await createMemoryFailures(createManualClock(), file).remember(login(), final);
    expect(await file.read()).not.toMatch(/refresh-1|eyJ/);
  });

  it("keeps a failure that may pass for ten seconds and in this process only", async () => {
    const clock = createManualClock();
    const file = createMemoryFile();
    const failures = createMemoryFailures(clock, file);
    await failures.remember(login(), passing);
    expect([failures.standing(login()), failures.final(login())]).toEqual([passing, undefined]);
    clock.advance(10);
    expect([failures.standing(login()), await file.read()]).toEqual([undefined, undefined]);
  });

  it("forgets a failure that may pass when the clock is set back", async () => {
    const clock = createManualClock();
    const failures = createMemoryFailures(clock);
    await failures.remember(login(), passing);
    clock.advance(-3600);
    expect(failures.standing(login())).toBeUndefined();
  });

  it("forgets when the login was renewed", async () => {
    const file = createMemoryFile();
    const failures = createMemoryFailures(createManualClock(), file);
    await failures.remember(login(), final);
    await failures.clear();
    expect([failures.standing(login()), await file.read()]).toEqual([undefined, undefined]);
  });

  it("knows a final failure although the disk takes nothing", async () => {
    const refuse = () => Promise.reject(new Error("full"));
    const failures = createMemoryFailures(createManualClock(), {
      ...createMemoryFile(),
      write: refuse,
    });
    await failures.remember(login(), final);
    expect(failures.standing(login())).toBe(final);
  });

  it.each(["", "no json", "{}", '{"version":2}', '{"version":1,"login":"x","code":"other"}'])(
    "takes a damaged note `%s` for none",
    async (text) => {
      const file = createMemoryFile();
      await file.write(text);
      const failures = createMemoryFailures(createManualClock(), file);
      await failures.load();
      expect(failures.final(login())).toBeUndefined();
    },
  );
});

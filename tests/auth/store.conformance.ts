import { describe, expect, it } from "vitest";
import type { CredentialStore } from "../../src/auth/store.ts";
import { login } from "./tokens.ts";

/** What every credential store does; `open` gives two handles on the same place, as two processes have. */
export function describeStore(
  name: string,
  open: () => Promise<{ readonly one: CredentialStore; readonly other: CredentialStore }>,
): void {
  describe(`${name}: what every store does`, () => {
    it("has nothing at first and nothing to clear", async () => {
      const { one } = await open();
      expect([await one.load(), await one.clear()]).toEqual([undefined, false]);
    });

    it("gives back what was saved, to every process", async () => {
      const { one, other } = await open();
      const saved = login({ extra: { OPENAI_API_KEY: "sk-old" }, earliestRefreshAt: 7 });
      await one.save(saved);
      expect([await one.load(), await other.load()]).toEqual([saved, saved]);
    });

    it("holds the last login that any process saved", async () => {
      const { one, other } = await open();
      await one.save(login({ refreshToken: "refresh-1" }));
      await other.save(login({ refreshToken: "refresh-2" }));
      expect((await one.load())?.refreshToken).toBe("refresh-2");
    });

    it("forgets for every process, once", async () => {
      const { one, other } = await open();
      await one.save(login());
      expect([await one.clear(), await one.clear(), await other.load()]).toEqual([
        true,
        false,
        undefined,
      ]);
    });

    it("can be saved again after it was cleared elsewhere", async () => {
      const { one, other } = await open();
      await one.save(login());
      await other.load();
      await one.clear();
      const again = login({ refreshToken: "refresh-9" });
      await other.save(again);
      expect(await one.load()).toEqual(again);
    });

    it("can be saved by a process that knew the login before the last sign-out and sign-in", async () => {
      const { one, other } = await open();
      await one.save(login());
      await other.load();
      await one.clear();
      await one.save(login({ refreshToken: "refresh-2" }));
      const third = login({ refreshToken: "refresh-3" });
      await other.save(third);
      expect([await one.load(), await other.load()]).toEqual([third, third]);
    });

    it("changes its revision at every save and clear, and not at a load", async () => {
      const { one, other } = await open();
      const revisions = [await one.revision()];
      await one.save(login());
      revisions.push(await other.revision());
      await one.load();
      expect(await one.revision()).toBe(revisions[1]);
      await other.save(login({ refreshToken: "refresh-2" }));
      revisions.push(await one.revision());
      await other.clear();
      revisions.push(await one.revision());
      expect(revisions[3]).toBe(revisions[0]);
      expect(new Set(revisions).size).toBe(3);
    });
  });
}

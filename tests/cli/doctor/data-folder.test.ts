import { chmod, chown, mkdir, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { dataFolder } from "../../../src/cli/doctor/data-folder.ts";
import { makePatient } from "../../helpers/patient.ts";
import { makeHome } from "../../helpers/test-io.ts";

async function makeFolder(): Promise<{ home: string; folder: string }> {
  const home = await makeHome();
  const folder = join(home, ".airelays");
  await mkdir(folder, { mode: 0o700 });
  return { home, folder };
}

async function look(home: string) {
  return dataFolder.run(await makePatient({ home }));
}

describe("the check of the data folder", () => {
  it("finds a folder that does not exist yet worth a word, and no failure", async () => {
    const home = await makeHome();
    expect(await look(home)).toEqual({
      status: "warn",
      detail: `\`${join(home, ".airelays")}\` does not exist yet.`,
      next: "airelays init",
    });
  });

  it.skipIf(process.platform === "win32")(
    "is content with what only its owner can read",
    async () => {
      const { home, folder } = await makeFolder();
      await writeFile(join(folder, "relay-token"), "x", { mode: 0o600 });
      expect(await look(home)).toEqual({
        status: "ok",
        detail: `\`${folder}\`; readable by you only`,
      });
    },
  );

  it.skipIf(process.platform === "win32")("warns of a folder that others can enter", async () => {
    const { home, folder } = await makeFolder();
    await mkdir(join(folder, "logs"));
    await chmod(join(folder, "logs"), 0o755);
    expect(await look(home)).toEqual({
      status: "warn",
      detail: `\`${join(folder, "logs")}\` is open to other users (0755).`,
      next: `chmod 0700 ${join(folder, "logs")}`,
    });
  });

  it.skipIf(process.platform === "win32").each(["auth.json", "auth.sealed", "relay-token"])(
    "fails where others can read %s",
    async (name) => {
      const { home, folder } = await makeFolder();
      await writeFile(join(folder, name), "x");
      await chmod(join(folder, name), 0o644);
      expect(await look(home)).toEqual({
        status: "fail",
        detail: `\`${join(folder, name)}\` is open to other users (0644).`,
        next: `chmod 0600 ${join(folder, name)}`,
      });
    },
  );

  it.skipIf(process.platform === "win32")(
    "fails where the login belongs to neither the user who runs it nor root, as the relay does",
    async () => {
      const { home, folder } = await makeFolder();
      const file = join(folder, "auth.json");
      await writeFile(file, "x", { mode: 0o600 });
      const { uid } = await stat(file);
      // Root's files are nobody's to refuse; root can give one away.
      if (uid === 0) await chown(file, 1, 1);
      const patient = await makePatient({ home });
      const runtime = { ...patient.runtime, userId: uid + 2 };
      expect(await dataFolder.run({ ...patient, runtime })).toMatchObject({
        status: "fail",
        detail: `\`${uid === 0 ? file : folder}\` belongs to another user.`,
      });
    },
  );

  it.skipIf(process.platform === "win32")("fails where the login is behind a link", async () => {
    const { home, folder } = await makeFolder();
    await symlink(join(home, "elsewhere"), join(folder, "auth.json"));
    expect(await look(home)).toMatchObject({
      status: "fail",
      detail: expect.stringContaining("is a symbolic link"),
    });
  });

  it("fails where a file is in the place of the folder", async () => {
    const home = await makeHome();
    await writeFile(join(home, ".airelays"), "");
    expect(await look(home)).toMatchObject({ status: "fail" });
  });
});

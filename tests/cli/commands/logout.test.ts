import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  deadAddress,
  logIn,
  makeHome,
  runCommand,
  startStandInHome,
} from "../../helpers/test-io.ts";

describe("logout", () => {
  it("deletes the login and ends it at the login server", async () => {
    const standIn = await startStandInHome();
    await logIn(standIn);

    expect(await runCommand(["logout"], standIn)).toEqual({
      stdout:
        "Signed out. The login was deleted from this machine.\nThe login server has ended it.\n\nNext steps\n  1. airelays login\n",
      stderr: "",
      code: 0,
    });

    expect(await readdir(join(standIn.home, ".airelays"))).not.toContain("auth.json");
    const answer = await fetch(`${standIn.simulator.url}/simulator/requests`);
    const calls = (await answer.json()) as { method: string; path: string }[];
    expect(calls.at(-1)).toMatchObject({ method: "POST", path: "/oauth/revoke" });
  });

  it("deletes the login even when the login server cannot be reached, and says so", async () => {
    const standIn = await startStandInHome();
    await logIn(standIn);
    const env = { ...standIn.env, AIRELAYS_ISSUER_BASE_URL: await deadAddress() };

    const { stdout, stderr, code } = await runCommand(["logout", "--json"], {
      home: standIn.home,
      env,
    });

    expect({ printed: JSON.parse(stdout), code }).toEqual({
      printed: { deleted: true, revoked: false },
      code: 0,
    });
    expect(stderr).toMatch(
      /^note: The login server did not confirm the sign-out: Could not reach /,
    );
    const { stdout: status } = await runCommand(["status", "--json"], standIn);
    expect(JSON.parse(status)).toMatchObject({ auth: { credentials_present: false } });
  });

  it("says that a login which it cannot read was not ended at the login server", async () => {
    const standIn = await startStandInHome();
    await logIn(standIn);
    await writeFile(join(standIn.home, ".airelays", "auth.json"), "half a lo");

    expect(await runCommand(["logout"], standIn)).toEqual({
      stdout:
        "Signed out. The login was deleted from this machine.\n\nNext steps\n  1. airelays login\n",
      stderr:
        "note: The login could not be read, so the login server was not asked to end it. To end it there too, log out of all devices in the settings of ChatGPT.\n",
      code: 0,
    });
  });

  it("is done when nobody was signed in", async () => {
    const home = await makeHome();

    expect(await runCommand(["logout"], { home })).toEqual({
      stdout: "There was no login to delete.\n\nNext steps\n  1. airelays login\n",
      stderr: "",
      code: 0,
    });
    expect(await runCommand(["logout", "--json"], { home })).toEqual({
      stdout: '{\n  "deleted": false,\n  "revoked": null\n}\n',
      stderr: "",
      code: 0,
    });
  });
});

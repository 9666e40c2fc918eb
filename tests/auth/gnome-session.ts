/**
 * A D-Bus session and a gnome-keyring of the test's own, in a folder of its own: nothing of the person
 * who runs the tests is touched. Both end with the test.
 */
import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { onTestFinished } from "vitest";
import { makeHome } from "../helpers/test-io.ts";

export type Env = Readonly<Record<string, string>>;

/** A bus that starts no service by itself: a keyring is there only when the test starts it. */
const busConfig = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen><policy context="default">
<allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/>
</policy></busconfig>
`;

/** What the tests with a real keyring need and this machine lacks. */
export function missingForGnomeKeyring(): string[] {
  if (process.platform !== "linux") return ["Linux"];
  const programs = ["dbus-run-session", "dbus-send", "gnome-keyring-daemon", "secret-tool"];
  const missing = programs.filter((name) => !runs("sh", "-c", `command -v ${name}`));
  // Loads libsecret, in a process of its own because that may crash.
  const isLoading = runs(process.execPath, "-e", 'require("keytar")');
  return isLoading ? missing : [...missing, "keytar or its libsecret"];
}

function runs(command: string, ...args: readonly string[]): boolean {
  try {
    execFileSync(command, args, { stdio: "ignore", cwd: import.meta.dirname });
    return true;
  } catch {
    return false;
  }
}

export interface GnomeSession {
  /** What a program needs to find the bus, and with it the keyring. */
  readonly env: Env;
  /** With the password that unlocks, and at first makes, the login keyring. Without one, locked. */
  startKeyring(password?: string): Promise<ChildProcess>;
}

export async function startGnomeSession(): Promise<GnomeSession> {
  const home = await makeHome();
  const [config, runtime] = [join(home, "bus.conf"), join(home, "run")];
  await Promise.all([writeFile(config, busConfig), mkdir(runtime, { mode: 0o700 })]);
  const own: Env = {
    HOME: home,
    XDG_RUNTIME_DIR: runtime,
    XDG_DATA_HOME: join(home, "data"),
    PATH: "/usr/local/bin:/usr/bin:/bin",
  };
  // The session lasts until the standard input of `cat` ends.
  const script = 'echo "$DBUS_SESSION_BUS_ADDRESS"; exec cat';
  const bus = spawn("dbus-run-session", ["--config-file", config, "--", "sh", "-c", script], {
    env: own,
    stdio: ["pipe", "pipe", "ignore"],
  });
  onTestFinished(async () => {
    bus.stdin.end();
    if (bus.exitCode === null) await once(bus, "close");
  });
  const [address] = await once(createInterface(bus.stdout), "line");
  const env = { ...own, DBUS_SESSION_BUS_ADDRESS: String(address) };

  return {
    env,
    async startKeyring(password) {
      const unlock = password === undefined ? [] : ["--unlock"];
      const daemon = spawn(
        "gnome-keyring-daemon",
        ["--foreground", "--components=secrets", ...unlock],
        { env, stdio: ["pipe", "ignore", "ignore"] },
      );
      onTestFinished(() => stopKeyring(daemon));
      daemon.stdin.end(password ?? "");
      while (!(await isOwned(env))) {
        if (daemon.exitCode !== null) throw new Error("gnome-keyring-daemon ended at its start.");
      }
      return daemon;
    },
  };
}

/** Ends the daemon, also a stopped one, and with it what was unlocked. */
export async function stopKeyring(daemon: ChildProcess): Promise<void> {
  if (daemon.exitCode !== null || daemon.signalCode !== null) return;
  const ended = once(daemon, "close");
  daemon.kill("SIGKILL");
  await ended;
}

/** Does somebody on the bus keep secrets? */
async function isOwned(env: Env): Promise<boolean> {
  const args = ["--session", "--print-reply", "--dest=org.freedesktop.DBus", "/"];
  const question = ["org.freedesktop.DBus.NameHasOwner", "string:org.freedesktop.secrets"];
  const { stdout } = await promisify(execFile)("dbus-send", [...args, ...question], { env });
  return stdout.includes("boolean true");
}

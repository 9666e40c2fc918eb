/**
 * Keyring entries of the Python AIRelays. On Linux its library names the account `username`, where
 * keytar looks for `account`: keytar finds none of them and can delete none. libsecret's own
 * `secret-tool` can; where it is not installed, such a login is out of reach. Reads and deletes only.
 */
import { execFile } from "node:child_process";
import { type Keyring, unavailable } from "./keyring-store.ts";

export type EarlierEntries = Pick<Keyring, "get" | "delete">;

export interface EarlierEntriesOptions {
  readonly keyring: Keyring;
  /** The environment of the child: the keyring is found through it. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly timeoutMs?: number;
}

export function createEarlierEntries(options: EarlierEntriesOptions): EarlierEntries {
  const { keyring, env, platform, timeoutMs = 5000 } = options;
  if (platform !== "linux") return keyring;

  /** What it printed; undefined when it found nothing, or is not there. */
  const ask = (verb: "lookup" | "clear", service: string, account: string) =>
    new Promise<string | undefined>((resolve, reject) => {
      const args = [verb, "service", service, "username", account];
      const limits = { timeout: timeoutMs, killSignal: "SIGKILL", maxBuffer: 1_000_000 } as const;
      execFile("secret-tool", args, { env, ...limits }, (error, stdout) => {
        if (error === null) resolve(stdout);
        else if (error.killed === true) reject(unavailable("`secret-tool` did not answer"));
        // It says 1 for "no such entry" and for a keyring that is away; keytar has told that apart.
        else resolve(undefined);
      });
    });

  return {
    async get(service, account) {
      const text = (await keyring.get(service, account)) ?? (await ask("lookup", service, account));
      return text === "" ? undefined : text;
    },
    async delete(service, account) {
      const removed = await keyring.delete(service, account);
      return (await ask("clear", service, account)) !== undefined || removed;
    },
  };
}

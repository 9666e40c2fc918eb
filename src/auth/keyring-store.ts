/**
 * Small secrets in the operating system's keyring, through keytar in a child process of its own:
 * a keyring that does not answer blocks keytar's caller, even its exit, for 50 s (measured), and
 * only killing the process ends that. Knows nothing of logins.
 */
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { RelayError } from "../errors.ts";

/** Every rejection is a `storage_failed` that says why the keyring did not serve. */
export interface Keyring {
  /** Undefined when there is no such entry, and also when some keyrings are locked. */
  get(service: string, account: string): Promise<string | undefined>;
  set(service: string, account: string, secret: string): Promise<void>;
  delete(service: string, account: string): Promise<boolean>;
}

export interface KeyringOptions {
  /** The environment of the child: on Linux the keyring is found through it. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A desktop may ask the person to unlock; an interactive login gives more time. */
  readonly timeoutMs?: number;
  /** A module with keytar's functions. */
  readonly modulePath?: string;
}

interface Command {
  readonly operation: "getPassword" | "setPassword" | "deletePassword";
  readonly args: readonly string[];
}

// Plain JavaScript for `node -e`. Secrets come and go through pipes: argv is readable by every user.
const script = `
let input = "";
process.stdin.setEncoding("utf8");
process.stdin.on("data", (part) => { input += part; });
process.stdin.on("end", async () => {
  const answer = (value) => process.stdout.write(JSON.stringify(value), () => process.exit(0));
  try {
    const { modulePath, operation, args } = JSON.parse(input);
    answer({ value: await require(modulePath)[operation](...args) });
  } catch (error) {
    answer({ failure: String(error && error.message) });
  }
});
`;

const answerLimit = 1_000_000;

/** The keyring of this user on this machine. */
export function createKeyring({ env, timeoutMs = 5000, modulePath }: KeyringOptions): Keyring {
  const call = async (command: Command): Promise<unknown> => {
    const input = JSON.stringify({ modulePath: modulePath ?? resolveKeytar(), ...command });
    return decodeAnswer(await runChild(input, env, timeoutMs));
  };
  return {
    async get(service, account) {
      const value = await call({ operation: "getPassword", args: [service, account] });
      return typeof value === "string" ? value : undefined;
    },
    async set(service, account, secret) {
      await call({ operation: "setPassword", args: [service, account, secret] });
    },
    async delete(service, account) {
      return (await call({ operation: "deletePassword", args: [service, account] })) === true;
    },
  };
}

function resolveKeytar(): string {
  try {
    return createRequire(import.meta.url).resolve("keytar");
  } catch {
    throw unavailable("the optional package `keytar` is not installed");
  }
}

function runChild(input: string, env: KeyringOptions["env"], timeoutMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["--input-type=commonjs", "-e", script], {
      // NODE_OPTIONS could load a debugger or a loader into the process that sees the key.
      env: { ...env, NODE_OPTIONS: undefined },
      stdio: ["pipe", "pipe", "ignore"],
      windowsHide: true,
    });
    const parts: Buffer[] = [];
    let size = 0;
    let failure: string | undefined;
    const stop = (reason: string): void => {
      failure ??= reason;
      child.kill("SIGKILL");
      // A helper that the keyring started may outlive it and hold the pipe: `close` would wait for it.
      child.stdout.destroy();
    };
    const timer = setTimeout(() => stop(`no answer within ${timeoutMs / 1000} s`), timeoutMs);
    child.stdout.on("data", (part: Buffer) => {
      size += part.length;
      if (size > answerLimit) stop("the answer is too long");
      else parts.push(part);
    });
    child.on("error", (error) => {
      failure ??= error.message;
    });
    // A child that died early closes the pipe; `close` reports that better than EPIPE.
    child.stdin.on("error", () => {});
    child.on("close", () => {
      clearTimeout(timer);
      if (failure === undefined) resolve(Buffer.concat(parts).toString("utf8"));
      else reject(unavailable(failure));
    });
    child.stdin.end(input);
  });
}

function decodeAnswer(text: string): unknown {
  let answer: { readonly value?: unknown; readonly failure?: unknown };
  try {
    answer = JSON.parse(text) as typeof answer;
  } catch {
    // A crash of the native addon ends the child without an answer.
    throw unavailable("the keyring process ended without an answer");
  }
  if (typeof answer.failure === "string") throw unavailable(firstLine(answer.failure));
  return answer.value;
}

function firstLine(text: string): string {
  return text.split("\n", 1).join("").slice(0, 200);
}

/** The error of a keyring that did not serve. */
export function unavailable(reason: string): RelayError {
  return new RelayError(
    "storage_failed",
    `The system keyring is not available: ${reason}. Unlock or install it, or set \`auth.storage = "file"\`.`,
  );
}

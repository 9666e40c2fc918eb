/**
 * Is a relay token a secret at all? Not when it is short, when it stands in somebody's manual, or when
 * its file belongs to or can be read by others. Says what is wrong, for a person.
 */
import { lstatSync } from "node:fs";
import { isForeign } from "../storage/atomic-file.ts";

const fewestBytes = 16;
/** `aaaaaaaaaaaaaaaa`, `1212121212121212`: long, and tried first. */
const fewestKinds = 6;

/** Keys of manuals, samples and other tools; abused in the wild as soon as a port is found (attacks.md). */
const published: ReadonlySet<string> = new Set([
  "sk-no-key-required",
  "sk-litellm-master-key",
  "sk-1234567890abcdef",
  "sk-0123456789abcdef",
  "0123456789abcdef",
  "1234567890abcdef",
  "1234567890123456",
  "12345678901234567890",
  "abcdefghijklmnop",
  "abcdefghijklmnopqrstuvwxyz",
  "my-super-secret-key",
  "super-secret-key",
  "super-secret-token",
  "supersecretpassword",
  "this-is-a-secret-key",
  "correct-horse-battery-staple",
  "openai-api-key-not-needed",
]);
const placeholder =
  /your[-_ ]?(\w+[-_ ]?)?(key|token|secret|password)|change[-_ ]?(me|this)|replace[-_ ]?(me|this|with)|placeholder|insert[-_ ]?(\w+[-_ ]?)?(key|token)/i;

/** What is wrong with the token; undefined for a good one. */
export function tokenProblem(token: string): string | undefined {
  const bytes = Buffer.byteLength(token);
  if (bytes < fewestBytes) return `has ${bytes} bytes; ${fewestBytes} are the least`;
  const isPublished = published.has(token.toLowerCase()) || placeholder.test(token);
  if (isPublished) return "is a sample from a manual, which everybody knows";
  if (new Set(token).size < fewestKinds) return "repeats a few characters, and can be guessed";
  return undefined;
}

export interface FileReader {
  readonly platform: NodeJS.Platform;
  /** Undefined where the system has no numbers for users. */
  readonly userId: number | undefined;
}

/** What is wrong with the file that holds a secret; undefined also when there is none. */
export function secretFileProblem(
  file: string,
  { platform, userId }: FileReader,
): string | undefined {
  const stats = lstatSync(file, { throwIfNoEntry: false });
  if (stats === undefined) return undefined;
  if (stats.isSymbolicLink()) return "is a symbolic link: name the file itself";
  // Windows shows owners and modes that it does not enforce; the user's profile folder protects there.
  if (platform === "win32") return undefined;
  if (isForeign(stats.uid, userId)) {
    return `belongs to another user: chown ${userId} '${file}', or make a new one`;
  }
  // A folder or a device says so when it is read.
  if (stats.isFile() && (stats.mode & 0o077) !== 0) {
    return `can be read by other users: chmod 600 '${file}', and replace the token if somebody may have seen it`;
  }
  return undefined;
}

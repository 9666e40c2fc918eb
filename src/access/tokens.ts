/**
 * The relay token that clients present: where it comes from, whether a presented one is right, and
 * its replacement. Knows no header, no route and no client.
 */
import { hash, timingSafeEqual } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { RelayError, reasonOf } from "../errors.ts";
import { writePrivateFile } from "../storage/atomic-file.ts";

export interface RelayToken {
  /** Not enumerable, so that `inspect` and JSON leave it out. */
  readonly token: string | undefined;
  readonly source: "env" | "file" | undefined;
  /** The first 12 hex digits of the token's SHA-256: safe to show. */
  readonly fingerprint: string | undefined;
}

export interface TokenSource {
  current(): Promise<RelayToken>;
  /**
   * Is this the relay token? False for everything while there is none. No presented value makes it
   * throw; a token file that cannot be read does, with `storage_failed`.
   */
  verify(presented: string | undefined): Promise<boolean>;
  /** Writes a new token to the file and returns it. A token of the environment still wins. */
  rotate(): Promise<string>;
  /** The current token; makes one when there is none. */
  ensure(): Promise<RelayToken & { readonly created: boolean }>;
}

interface TokenSourceOptions {
  readonly file: string;
  readonly envToken?: string | undefined;
  readonly randomBytes: (size: number) => Uint8Array;
  /** Looked at whenever the file changes: an unfit token is told once, and does not count. */
  readonly fitness?: {
    problemOf(token: string): string | undefined;
    onUnfit(problem: string): void;
  };
}

/** What the file held, and the state of the file in which it was read. */
interface FileToken {
  readonly state: string;
  readonly token: string | undefined;
  readonly digest: Buffer;
  readonly isFit: boolean;
}

/** The relay token of the environment, else of the file. A rotated file counts from the next request on. */
export function createTokenSource({
  file,
  envToken,
  randomBytes,
  fitness,
}: TokenSourceOptions): TokenSource {
  const fromEnv = envToken === undefined || envToken === "" ? undefined : envToken;
  const envDigest = fromEnv === undefined ? undefined : digestOf(fromEnv);
  let known: FileToken | undefined;
  let hasLooked = false;

  /**
   * The token of the file, read again only when the file is another, and looked at once for all
   * requests of one turn of the event loop: a stat is 2 % of a small request. The inode tells a
   * rotation within one tick of the file system's clock; the state is taken before the text, so a
   * rotation in between is seen the next time.
   */
  const readToken = (): FileToken => {
    if (hasLooked && known !== undefined) return known;
    hasLooked = true;
    setImmediate(() => {
      hasLooked = false;
    });
    const state = stateOf(file);
    if (known?.state === state) return known;
    const token = state === "" ? undefined : readTrimmed(file);
    const problem = token === undefined ? undefined : fitness?.problemOf(token);
    known = { state, token, digest: digestOf(token ?? ""), isFit: problem === undefined };
    if (problem !== undefined) fitness?.onUnfit(problem);
    return known;
  };

  const current = async (): Promise<RelayToken> => {
    if (fromEnv !== undefined) return describe(fromEnv, "env");
    const { token } = readToken();
    return describe(token, token === undefined ? undefined : "file");
  };

  const rotate = async (): Promise<string> => {
    const token = Buffer.from(randomBytes(32)).toString("base64url");
    try {
      await writePrivateFile(file, `${token}\n`);
    } catch (error) {
      throw storageFailed(file, "written", error);
    }
    known = undefined;
    return token;
  };

  return {
    current,
    rotate,
    async verify(presented) {
      // Digests have one length, so a missing, short, long or non-ASCII value takes the same path as
      // a wrong one, and `timingSafeEqual`, which throws on unequal lengths, cannot throw.
      const digest = digestOf(presented ?? "");
      if (envDigest !== undefined) return timingSafeEqual(digest, envDigest);
      const { token, digest: expected, isFit } = readToken();
      return timingSafeEqual(digest, expected) && token !== undefined && isFit;
    },
    async ensure() {
      const found = await current();
      if (found.token !== undefined) return Object.assign(found, { created: false });
      await rotate();
      return Object.assign(await current(), { created: true });
    },
  };
}

const digestOf = (token: string): Buffer => hash("sha256", token, "buffer");

function describe(token: string | undefined, source: RelayToken["source"]): RelayToken {
  const fingerprint =
    token === undefined ? undefined : digestOf(token).toString("hex").slice(0, 12);
  return Object.defineProperty({ token, source, fingerprint }, "token", { enumerable: false });
}

/** What changes whenever the file is replaced or written; empty when there is no file. */
function stateOf(file: string): string {
  try {
    const stats = statSync(file, { bigint: true, throwIfNoEntry: false });
    return stats ? `${stats.ino}:${stats.size}:${stats.mtimeNs}:${stats.ctimeNs}` : "";
  } catch (error) {
    throw storageFailed(file, "read", error);
  }
}

function readTrimmed(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8").trim() || undefined;
  } catch (error) {
    // Removed since the stat: the next look finds no file.
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw storageFailed(file, "read", error);
  }
}

function storageFailed(file: string, verb: "read" | "written", cause: unknown): RelayError {
  return new RelayError(
    "storage_failed",
    `The relay token file \`${file}\` could not be ${verb}: ${reasonOf(cause)}`,
    {
      cause,
      hint: "Check who owns the file and its folder, or name another with `--bearer-token-file`",
    },
  );
}

/**
 * The login in one file, sealed with a key that only the system keyring holds. Keyrings differ in
 * how much they hold, and a rotating refresh token must be replaced in one step: so the keyring keeps
 * 32 bytes that never change, and the file changes by rename.
 */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";
import { realpath } from "node:fs/promises";
import { join, resolve } from "node:path";
import { RelayError } from "../errors.ts";
import { makePrivateDirectory } from "../storage/atomic-file.ts";
import type { Keyring } from "./keyring-store.ts";
import { createPrivateFile, type PrivateFileOptions } from "./private-file.ts";
import type { CredentialStore } from "./store.ts";
import { damaged, formatLogin, parseLogin, parseRecord } from "./stored-login.ts";

export const keyringService = "AIRelays Auth";

export interface SealedStoreOptions extends Omit<PrivateFileOptions, "path"> {
  readonly dataDir: string;
  readonly keyring: Keyring;
}

interface Box {
  /** The keyring account of the key; in the file, so that a data folder may be moved. */
  readonly account: string;
  /** Which key: another process may have signed out and in again, with a new one. */
  readonly keyId: string;
  readonly nonce: Buffer;
  readonly tag: Buffer;
  readonly sealed: Buffer;
}

const algorithm = "aes-256-gcm";

export function createSealedStore(options: SealedStoreOptions): CredentialStore {
  const { dataDir, keyring } = options;
  const path = join(dataDir, "auth.sealed");
  const file = createPrivateFile({ ...options, path });
  // One keyring call in the life of a process: refreshes seal with the key that the load brought.
  let held: Buffer | undefined;

  const heldFor = (box: Box | undefined): Buffer | undefined =>
    held !== undefined && box?.keyId === idOf(held) ? held : undefined;
  const fetchKey = async (account: string): Promise<Buffer | undefined> => {
    held = decodeKey(await keyring.get(keyringService, account));
    return held;
  };
  const makeKey = async (account: string): Promise<Buffer> => {
    const secret = randomBytes(32).toString("base64");
    await keyring.set(keyringService, account, secret);
    // Some keyrings accept an entry and forget it; better to learn that before the login is sealed.
    const kept = await fetchKey(account);
    if (kept?.toString("base64") === secret) return kept;
    throw new RelayError(
      "storage_failed",
      'The system keyring did not keep the key. Unlock it, or set `auth.storage = "file"`.',
    );
  };

  return {
    name: "keyring",
    path,
    keyringService,
    isMisplaced: false,
    async load() {
      const text = await file.read();
      if (text === undefined) return undefined;
      const box = decodeBox(text);
      if (box === undefined) throw damaged(`\`${path}\``);
      const key = heldFor(box) ?? (await fetchKey(box.account));
      if (key === undefined) throw isLocked(path);
      const login = unseal(box, key);
      if (login === undefined) throw damaged(`\`${path}\``);
      return parseLogin(login, `\`${path}\``);
    },
    async save(credentials) {
      await makePrivateDirectory(dataDir);
      const box = decodeBox((await file.read()) ?? "");
      const account = box?.account ?? `key|${await folderMark(dataDir)}`;
      const key = heldFor(box) ?? (await fetchKey(account)) ?? (await makeKey(account));
      await file.write(formatBox(seal(formatLogin(credentials), account, key)));
    },
    async clear() {
      const account = decodeBox((await file.read().catch(() => undefined)) ?? "")?.account;
      const removed = await file.remove();
      held = undefined;
      // Without its file the key opens nothing; a keyring that is away must not stop a logout.
      if (account !== undefined) await keyring.delete(keyringService, account).catch(() => false);
      return removed;
    },
    revision: () => file.revision(),
  };
}

/** What tells the keyring entries of one data folder from those of another. */
export async function folderMark(dataDir: string): Promise<string> {
  const path = await realpath(dataDir).catch(() => resolve(dataDir));
  return createHash("sha256").update(path).digest("hex").slice(0, 16);
}

function seal(text: string, account: string, key: Buffer): Box {
  const nonce = randomBytes(12);
  const cipher = createCipheriv(algorithm, key, nonce).setAAD(Buffer.from(account));
  const sealed = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
  return { account, keyId: idOf(key), nonce, tag: cipher.getAuthTag(), sealed };
}

/** The key is random, so a part of its hash tells nothing of it. */
function idOf(key: Buffer): string {
  return createHash("sha256").update(key).digest("hex").slice(0, 16);
}

function unseal(box: Box, key: Buffer): string | undefined {
  try {
    const decipher = createDecipheriv(algorithm, key, box.nonce, { authTagLength: 16 })
      .setAAD(Buffer.from(box.account))
      .setAuthTag(box.tag);
    return Buffer.concat([decipher.update(box.sealed), decipher.final()]).toString("utf8");
  } catch {
    // Another key, or a changed file: GCM does not say which.
    return undefined;
  }
}

function formatBox({ account, keyId, nonce, tag, sealed }: Box): string {
  const box = {
    version: 1,
    algorithm,
    account,
    key_id: keyId,
    nonce: nonce.toString("base64"),
    tag: tag.toString("base64"),
    sealed: sealed.toString("base64"),
  };
  return `${JSON.stringify(box, null, 2)}\n`;
}

function decodeBox(text: string): Box | undefined {
  const { version, account, key_id, nonce, tag, sealed } = parseRecord(text) ?? {};
  if (version !== 1 || typeof account !== "string" || typeof key_id !== "string") return undefined;
  if (typeof nonce !== "string" || typeof tag !== "string" || typeof sealed !== "string") {
    return undefined;
  }
  const bytes = (value: string): Buffer => Buffer.from(value, "base64");
  return { account, keyId: key_id, nonce: bytes(nonce), tag: bytes(tag), sealed: bytes(sealed) };
}

function decodeKey(secret: string | undefined): Buffer | undefined {
  const key = Buffer.from(secret ?? "", "base64");
  return key.length === 32 ? key : undefined;
}

function isLocked(path: string): RelayError {
  return new RelayError(
    "storage_failed",
    `The system keyring is locked, or no longer holds the key of \`${path}\`. Unlock it and try again, or sign in anew. Run: airelays login`,
    { hint: "airelays login" },
  );
}

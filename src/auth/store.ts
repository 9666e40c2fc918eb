/**
 * Where the login is kept: the verbs of every store, and which store a storage mode means. Knows
 * no format and no keyring; those are the stores' own.
 */
import type { Credentials } from "./credentials.ts";
import type { EarlierEntries } from "./earlier-entries.ts";
import { createFileFirstStore } from "./file-first-store.ts";
import { createFileStore } from "./file-store.ts";
import { createKeyringFirstStore } from "./keyring-first-store.ts";
import type { Keyring } from "./keyring-store.ts";
import { createSealedStore } from "./sealed-store.ts";

export type StorageMode = "auto" | "keyring" | "file";

export interface CredentialStore {
  readonly name: StorageMode;
  /** The file that holds the login, sealed or plain. */
  readonly path: string;
  /** The keyring entry's service; undefined when no keyring is used. */
  readonly keyringService: string | undefined;
  /** Changes nothing, so that a command that only looks needs no lock. */
  load(): Promise<Credentials | undefined>;
  /** The last `load` found the login where another mode or an older version had left it. */
  readonly isMisplaced: boolean;
  /** Resolves when the login is durable, and nowhere else. */
  save(credentials: Credentials): Promise<void>;
  /** Forgets the login; false when there was none. */
  clear(): Promise<boolean>;
  /** A cheap mark that changes when any process saved or cleared. */
  revision(): Promise<string>;
}

export interface OpenStoreOptions {
  readonly mode: StorageMode;
  readonly dataDir: string;
  readonly platform: NodeJS.Platform;
  readonly userId?: number | undefined;
  readonly keyring: Keyring;
  /** Entries of older versions; those of the keyring when left out. */
  readonly earlier?: EarlierEntries;
  /** Told what the caller should print: a fallback to the plain file, a mode put right. */
  readonly onNotice: (text: string) => void;
}

/** The store of a storage mode. Touches neither disk nor keyring before its first use. */
export function openStore(options: OpenStoreOptions): CredentialStore {
  const plain = createFileStore(options);
  const sealed = createSealedStore(options);
  const { mode, earlier = options.keyring } = options;
  if (mode === "file") return createFileFirstStore({ plain, sealed });
  return createKeyringFirstStore({ ...options, mode, plain, sealed, earlier });
}

import type { Credentials } from "../../src/auth/credentials.ts";
import type { CredentialStore } from "../../src/auth/store.ts";

export interface MemoryStore extends CredentialStore {
  /** How often each verb was called. */
  readonly calls: { load: number; save: number; revision: number };
  /** Thrown by the next saves. */
  failSavesWith: Error | undefined;
}

/** A store as a file would be, for tests that count what the session asks of it. */
export function createMemoryStore(stored?: Credentials): MemoryStore {
  let login = stored;
  let revision = 0;
  const calls = { load: 0, save: 0, revision: 0 };
  const store: MemoryStore = {
    name: "file",
    path: "/data/auth.json",
    keyringService: undefined,
    isMisplaced: false,
    calls,
    failSavesWith: undefined,
    async load() {
      calls.load += 1;
      return login;
    },
    async save(credentials) {
      calls.save += 1;
      if (store.failSavesWith !== undefined) throw store.failSavesWith;
      login = credentials;
      revision += 1;
    },
    async clear() {
      const had = login !== undefined;
      login = undefined;
      revision += 1;
      return had;
    },
    async revision() {
      calls.revision += 1;
      return String(revision);
    },
  };
  return store;
}

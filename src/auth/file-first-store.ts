/**
 * The login in the plain file, as `auth.storage = "file"` has it. Finds the sealed login that another
 * mode left behind and moves it out at the next save. Asks the keyring for nothing else.
 */
import { RelayError } from "../errors.ts";
import { type Credentials, holdsTokens, isNewer } from "./credentials.ts";
import type { CredentialStore } from "./store.ts";

export interface FileFirstOptions {
  readonly plain: CredentialStore;
  readonly sealed: CredentialStore;
}

export function createFileFirstStore({ plain, sealed }: FileFirstOptions): CredentialStore {
  let isMisplaced = false;

  const loadSealed = async (isNeeded: boolean): Promise<Credentials | undefined> => {
    try {
      return await sealed.load();
    } catch (cause) {
      if (!isNeeded) return undefined;
      throw stillSealed(sealed.path, cause);
    }
  };

  return {
    name: plain.name,
    get path() {
      return isMisplaced ? sealed.path : plain.path;
    },
    keyringService: undefined,
    get isMisplaced() {
      return isMisplaced;
    },
    async load() {
      const open = await plain.load();
      const openLogin = open !== undefined && holdsTokens(open) ? open : undefined;
      // Where nothing is sealed, this is one look at the disk.
      const closed = await loadSealed(openLogin === undefined);
      isMisplaced = closed !== undefined && (openLogin === undefined || isNewer(closed, openLogin));
      return isMisplaced ? closed : open;
    },
    async save(credentials) {
      await plain.save(credentials);
      // Older than this one by now, and its refresh token may be spent.
      await sealed.clear();
      isMisplaced = false;
    },
    async clear() {
      const removed = [await sealed.clear(), await plain.clear()];
      return removed.includes(true);
    },
    async revision() {
      return `${await plain.revision()}|${await sealed.revision()}`;
    },
  };
}

function stillSealed(path: string, cause: unknown): RelayError {
  return new RelayError(
    "storage_failed",
    `\`${path}\` holds the sign-in, sealed with a key that the system keyring does not give. Unlock the keyring and try again, or sign in anew. Run: airelays login`,
    { hint: "airelays login", cause },
  );
}

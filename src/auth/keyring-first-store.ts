/**
 * The login sealed with the keyring where that works. Finds what older versions and other modes left
 * behind, a plain file or the login itself as a keyring entry, and moves it in at the next save.
 * `auto` falls back to the plain file and says so; `keyring` never does.
 */
import { type RelayError, toRelayError } from "../errors.ts";
import { type Credentials, holdsTokens, isNewer } from "./credentials.ts";
import type { EarlierEntries } from "./earlier-entries.ts";
import { folderMark, keyringService } from "./sealed-store.ts";
import type { CredentialStore } from "./store.ts";
import { parseLogin } from "./stored-login.ts";

export interface KeyringFirstOptions {
  readonly mode: "auto" | "keyring";
  readonly dataDir: string;
  readonly plain: CredentialStore;
  readonly sealed: CredentialStore;
  /** Where the Python versions kept the login. */
  readonly earlier: EarlierEntries;
  readonly onNotice: (text: string) => void;
}

// The Python versions kept the whole login under these names; the second is the older.
const earlierServices = [keyringService, "AIRelay Auth"];

export function createKeyringFirstStore(options: KeyringFirstOptions): CredentialStore {
  const { mode, dataDir, plain, sealed, earlier, onNotice } = options;
  // Once the keyring failed, this process stays with the file: a slow keyring costs seconds a try.
  let hasFallenBack = false;
  let isMisplaced = false;
  let isInPlainFile = false;
  /** The service under which an older version's entry was found. */
  let earlierService: string | undefined;

  const fallBack = (failure: unknown): void => {
    const error: RelayError = toRelayError(failure);
    if (mode === "keyring") throw error;
    if (!hasFallenBack) {
      onNotice(`${error.message} The sign-in is kept in \`${plain.path}\`, readable by you only.`);
    }
    hasFallenBack = true;
  };

  const accountOfEarlier = async (): Promise<string> => `cli|${await folderMark(dataDir)}`;

  /** Seals the login, then removes every other copy; in this order a crash loses nothing. */
  const moveIn = async (login: Credentials): Promise<boolean> => {
    if (hasFallenBack) return false;
    try {
      await sealed.save(login);
    } catch (error) {
      fallBack(error);
      return false;
    }
    await plain.clear();
    if (earlierService !== undefined) {
      // Its tokens are spent or sealed by now; a keyring that is away keeps what nobody reads.
      await earlier.delete(earlierService, await accountOfEarlier()).catch(() => false);
      earlierService = undefined;
    }
    isMisplaced = false;
    isInPlainFile = false;
    return true;
  };

  const loadSealed = async (other: Credentials | undefined): Promise<Credentials | undefined> => {
    try {
      return await sealed.load();
    } catch (error) {
      if (mode === "keyring" || other === undefined) throw error;
      fallBack(error);
      return undefined;
    }
  };

  const loadEarlierEntry = async (): Promise<Credentials | undefined> => {
    if (hasFallenBack) return undefined;
    const account = await accountOfEarlier();
    for (const service of earlierServices) {
      let text: string | undefined;
      try {
        text = await earlier.get(service, account);
      } catch (error) {
        if (mode === "keyring") throw error;
        // Nothing is stored yet as far as we can see; a later save says what the keyring lacks. It is
        // not asked for the other service: a keyring that does not answer takes seconds a question.
        return undefined;
      }
      if (text === undefined) continue;
      earlierService = service;
      return parseLogin(text, `The keyring entry \`${service}\``);
    }
    return undefined;
  };

  return {
    name: mode,
    get path() {
      return hasFallenBack || isInPlainFile ? plain.path : sealed.path;
    },
    get keyringService() {
      return hasFallenBack ? undefined : keyringService;
    },
    get isMisplaced() {
      return isMisplaced && !hasFallenBack;
    },
    async load() {
      const open = await plain.load();
      // A file with only an API key stays where it is.
      const openLogin = open !== undefined && holdsTokens(open) ? open : undefined;
      const closed = await loadSealed(openLogin);
      isMisplaced = openLogin !== undefined;
      // A crash can leave both.
      isInPlainFile = openLogin !== undefined && isNewer(openLogin, closed);
      if (isInPlainFile) return openLogin;
      if (closed !== undefined) return closed;
      const earlier = await loadEarlierEntry();
      isMisplaced = earlier !== undefined;
      return earlier ?? open;
    },
    async save(credentials) {
      if (await moveIn(credentials)) return;
      await plain.save(credentials);
      // The sealed login is older than this one, and its refresh token may be spent.
      await sealed.clear();
    },
    async clear() {
      const removed = [await sealed.clear(), await plain.clear()];
      const account = await accountOfEarlier();
      try {
        for (const service of earlierServices) {
          removed.push(await earlier.delete(service, account));
        }
      } catch {
        // A keyring that is away must not stop a logout, nor be waited for at each question.
      }
      return removed.includes(true);
    },
    async revision() {
      return `${await plain.revision()}|${await sealed.revision()}`;
    },
  };
}

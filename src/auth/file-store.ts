/** The login in one plain file that only its owner may read. */
import { join } from "node:path";
import { createPrivateFile, type PrivateFileOptions } from "./private-file.ts";
import type { CredentialStore } from "./store.ts";
import { formatLogin, parseLogin } from "./stored-login.ts";

export interface FileStoreOptions extends Omit<PrivateFileOptions, "path"> {
  readonly dataDir: string;
}

export function createFileStore({ dataDir, ...options }: FileStoreOptions): CredentialStore {
  const path = join(dataDir, "auth.json");
  const file = createPrivateFile({ path, ...options });
  return {
    name: "file",
    path,
    keyringService: undefined,
    isMisplaced: false,
    async load() {
      const text = await file.read();
      return text === undefined ? undefined : parseLogin(text, `\`${path}\``);
    },
    save: (credentials) => file.write(formatLogin(credentials)),
    clear: () => file.remove(),
    revision: () => file.revision(),
  };
}

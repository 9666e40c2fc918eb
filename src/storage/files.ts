/**
 * Uploaded files: bytes and records, in one private folder, under names that the server made. The
 * record is the commit: bytes without one are an upload that a crash cut off.
 */
import { createReadStream } from "node:fs";
import { open, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { RelayError, reasonOf } from "../errors.ts";
import type { Clock, Ids } from "../scope.ts";
import { makePrivateDirectory, readTextIfPresent, writePrivateFile } from "./atomic-file.ts";
import {
  type FileFacts,
  type FileRecord,
  formatFileRecord,
  isFileId,
  parseFileRecord,
  toFileRecord,
} from "./file-record.ts";
import { once } from "./once.ts";
import { listNames, removeUnfinished, takeOut } from "./recovery.ts";

/** Bytes that are on the disk and not yet a file. */
export interface Upload {
  readonly bytes: number;
  keep(facts: FileFacts): Promise<FileRecord>;
  discard(): Promise<void>;
}

export interface FileStore {
  /** Writes the bytes as they come. Throws `request_too_large`, and then nothing is left of them. */
  receive(source: AsyncIterable<Uint8Array>): Promise<Upload>;
  /** Oldest first. */
  list(): Promise<readonly FileRecord[]>;
  find(id: string): Promise<FileRecord | undefined>;
  /** All bytes of a file; undefined when there is no such file. */
  read(id: string): Promise<Buffer | undefined>;
  /** The size of a file and a way to read it piece by piece; undefined when there is no such file. */
  open(id: string): Promise<{ readonly size: number; stream(): Readable } | undefined>;
  delete(id: string): Promise<boolean>;
}

export interface FileStoreOptions {
  readonly directory: string;
  readonly maxFileBytes: number;
  readonly maxTotalBytes: number;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly onNotice: (text: string) => void;
}

export function createFileStore(options: FileStoreOptions): FileStore {
  const { directory, maxFileBytes, maxTotalBytes, clock, ids, onNotice } = options;
  const pathOf = (id: string, extension: string): string => join(directory, `${id}.${extension}`);
  const remove = (id: string, extension: string): Promise<void> =>
    rm(pathOf(id, extension), { force: true });

  // Counts what is still coming in, so that two uploads cannot share the last free bytes.
  let usedBytes = 0;
  const load = once(async () => {
    const loaded = await loadRecords(options);
    for (const { bytes } of loaded.values()) usedBytes += bytes;
    return loaded;
  });
  const records = async (): Promise<Map<string, FileRecord>> => {
    const loaded = await load();
    for (const record of [...loaded.values()].filter(isExpired)) await expire(loaded, record);
    return loaded;
  };
  const isExpired = ({ expiresAt = Number.POSITIVE_INFINITY }: FileRecord): boolean =>
    expiresAt <= clock.now();

  const forget = (from: Map<string, FileRecord>, { id, bytes }: FileRecord): boolean => {
    const isKnown = from.delete(id);
    if (isKnown) usedBytes -= bytes;
    return isKnown;
  };
  const removeBoth = async ({ id }: FileRecord): Promise<void> => {
    // The record goes last: bytes without a record are never looked for again.
    await remove(id, "bin");
    await remove(id, "json");
  };
  const expire = async (from: Map<string, FileRecord>, record: FileRecord): Promise<void> => {
    // Gone for everybody, whether or not the disk lets go of it; the next start tries again.
    if (!forget(from, record)) return;
    await removeBoth(record).catch((error: unknown) => {
      onNotice(`An upload that has expired could not be removed: ${reasonOf(error)}`);
    });
  };

  return {
    async receive(source) {
      const known = await records();
      await makePrivateDirectory(directory);
      const id = `file_${ids.next()}`;
      const part = await open(pathOf(id, "part"), "wx", 0o600);
      let bytes = 0;
      const discard = async (): Promise<void> => {
        usedBytes -= bytes;
        bytes = 0;
        await remove(id, "part");
      };
      try {
        for await (const piece of source) {
          bytes += piece.length;
          usedBytes += piece.length;
          if (bytes > maxFileBytes) throw fileTooLarge(maxFileBytes);
          if (usedBytes > maxTotalBytes) throw noRoom(maxTotalBytes);
          await part.writeFile(piece);
        }
        await part.sync();
        await part.close();
      } catch (error) {
        await part.close();
        await discard();
        throw error;
      }
      const size = bytes;
      return {
        bytes: size,
        discard,
        async keep(facts) {
          const record = toFileRecord(id, size, clock.now(), facts);
          try {
            await writePrivateFile(pathOf(id, "json"), formatFileRecord(record));
            await finish(directory, id);
          } catch (error) {
            // The first failure is the one to tell, and its bytes must not stay counted.
            await remove(id, "json").catch(() => undefined);
            await discard();
            throw error;
          }
          known.set(id, record);
          // They count for the record now, and nothing is left to discard.
          bytes = 0;
          return record;
        },
      };
    },
    list: async () => [...(await records()).values()],
    find: async (id) => (await records()).get(id),
    async read(id) {
      if (!(await records()).has(id)) return undefined;
      return readFile(pathOf(id, "bin")).catch(goneByHand);
    },
    async open(id) {
      if (!(await records()).has(id)) return undefined;
      const facts = await stat(pathOf(id, "bin")).catch(goneByHand);
      if (facts === undefined) return undefined;
      return { size: facts.size, stream: () => createReadStream(pathOf(id, "bin")) };
    },
    async delete(id) {
      const known = await records();
      const record = known.get(id);
      if (record === undefined) return false;
      // Known until it is gone, so that a deletion that fails can be asked for again.
      await removeBoth(record);
      return forget(known, record);
    },
  };
}

/** The records of the folder, oldest first, after what a crash left was put in order. */
async function loadRecords({
  directory,
  clock,
  onNotice,
}: FileStoreOptions): Promise<Map<string, FileRecord>> {
  const found: FileRecord[] = [];
  for (const name of await listNames(directory)) {
    const id = name.slice(0, -".json".length);
    if (!name.endsWith(".json") || !isFileId(id)) continue;
    const path = join(directory, name);
    const text = await readTextIfPresent(path);
    // Another relay on this folder has just deleted it.
    if (text === undefined) continue;
    const record = parseFileRecord(id, text);
    if (record === undefined) {
      await takeOut(path, "The record of an upload cannot be read.", onNotice);
    } else if (await hasBytes(directory, id)) {
      found.push(record);
    } else {
      // Where it cannot be removed it is not used either.
      await rm(path, { force: true }).catch(() => undefined);
    }
  }
  await removeUnfinished(directory, /^file_[0-9a-f]{32}\.(part|json\.\d+\.unfinished)$/, clock);
  found.sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1));
  return new Map(found.map((record) => [record.id, record]));
}

/** The last step of an upload: its bytes get their name. */
async function finish(directory: string, id: string): Promise<void> {
  const bytes = join(directory, `${id}.bin`);
  try {
    await rename(join(directory, `${id}.part`), bytes);
  } catch (error) {
    // A relay that starts on the same folder takes this step for one that a crash cut off, and does it.
    if ((await stat(bytes).catch(goneByHand)) === undefined) throw error;
  }
}

/** Are the bytes of a record there? They are not when the file was being deleted. */
async function hasBytes(directory: string, id: string): Promise<boolean> {
  // It fails when there is nothing to finish, and then the next line says what there is.
  await finish(directory, id).catch(() => undefined);
  return (await stat(join(directory, `${id}.bin`)).catch(goneByHand)) !== undefined;
}

/** Somebody removed the bytes by hand: for a client it is a file that does not exist. */
function goneByHand(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
}

function fileTooLarge(limit: number): RelayError {
  return new RelayError(
    "request_too_large",
    `The file is larger than ${limit} bytes, the limit set by \`uploads.max_upload_bytes\`.`,
    { param: "file" },
  );
}

function noRoom(limit: number): RelayError {
  return new RelayError(
    "request_too_large",
    `All uploaded files together would be larger than ${limit} bytes, the limit set by \`uploads.max_total_upload_bytes\`. Delete some with \`DELETE /v1/files/{id}\`.`,
    { param: "file" },
  );
}

/**
 * Uploaded files: bytes and records, in one private folder, under names that the server made. The
 * record is the commit: bytes without one are an upload that a crash cut off.
 */
import { createReadStream } from "node:fs";
import { open, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { RelayError } from "../errors.ts";
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
import { listNames, removeUnfinished, setAside } from "./recovery.ts";

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
  const { directory, maxFileBytes, maxTotalBytes, clock, ids } = options;
  const pathOf = (id: string, extension: string): string => join(directory, `${id}.${extension}`);
  const remove = (id: string, extension: string): Promise<void> =>
    rm(pathOf(id, extension), { force: true });

  // Counts what is still coming in, so that two uploads cannot share the last free bytes.
  let usedBytes = 0;
  let loading: Promise<Map<string, FileRecord>> | undefined;
  const records = async (): Promise<Map<string, FileRecord>> => {
    loading ??= loadRecords(options).then((loaded) => {
      for (const { bytes } of loaded.values()) usedBytes += bytes;
      return loaded;
    });
    try {
      const loaded = await loading;
      for (const record of [...loaded.values()].filter(isExpired)) await drop(loaded, record);
      return loaded;
    } catch (error) {
      // A folder that could not be read may be readable the next time.
      loading = undefined;
      throw error;
    }
  };
  const isExpired = ({ expiresAt = Number.POSITIVE_INFINITY }: FileRecord): boolean =>
    expiresAt <= clock.now();

  const drop = async (from: Map<string, FileRecord>, { id, bytes }: FileRecord): Promise<void> => {
    if (!from.delete(id)) return;
    usedBytes -= bytes;
    // The record goes last: bytes without a record are never looked for again.
    await remove(id, "bin");
    await remove(id, "json");
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
            await rename(pathOf(id, "part"), pathOf(id, "bin"));
          } catch (error) {
            await remove(id, "json");
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
      if (record !== undefined) await drop(known, record);
      return record !== undefined;
    },
  };
}

/** The records of the folder, oldest first, after what a crash left was put in order. */
async function loadRecords({
  directory,
  onNotice,
}: FileStoreOptions): Promise<Map<string, FileRecord>> {
  await removeUnfinished(directory);
  const names = await listNames(directory);
  const idsWith = (extension: string): string[] =>
    names.flatMap((name) => {
      const id = name.slice(0, -extension.length);
      return name.endsWith(extension) && isFileId(id) ? id : [];
    });
  const found: FileRecord[] = [];
  for (const id of idsWith(".json")) {
    const path = join(directory, `${id}.json`);
    const record = parseFileRecord(id, (await readTextIfPresent(path)) ?? "");
    if (record === undefined) {
      const aside = await setAside(path);
      await rm(path, { force: true });
      onNotice(`The record of an upload cannot be read. It is kept as \`${aside}\`.`);
    } else if (await hasBytes(directory, id)) {
      found.push(record);
    } else {
      await rm(path, { force: true });
    }
  }
  for (const id of idsWith(".part")) await rm(join(directory, `${id}.part`), { force: true });
  found.sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1));
  return new Map(found.map((record) => [record.id, record]));
}

/** Are the bytes of a record there? Finishes the last step of an upload that a crash cut off. */
async function hasBytes(directory: string, id: string): Promise<boolean> {
  const bytes = join(directory, `${id}.bin`);
  try {
    await rename(join(directory, `${id}.part`), bytes);
    return true;
  } catch {
    // The usual case: the last step was done, or the file was being deleted.
    return stat(bytes).then(
      () => true,
      () => false,
    );
  }
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

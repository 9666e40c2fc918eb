/**
 * Reads a `multipart/form-data` body with one file in it: the bytes are handed on while they come,
 * the fields are collected, whichever comes first. Holds no more than a few pieces in memory.
 */
import type { IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import type { BusboyInstance } from "@fastify/busboy";
import type { Cancellation } from "../cancellation.ts";
import { RelayError, reasonOf, toRelayError } from "../errors.ts";

export interface FormFile<Taken> {
  readonly filename: string;
  readonly contentType: string;
  /** What `take` made of the bytes. */
  readonly taken: Taken;
}

export interface Form<Taken> {
  readonly fields: ReadonlyMap<string, string>;
  readonly file: FormFile<Taken> | undefined;
}

/**
 * The form. `take` gets the bytes of the field `file`; what it throws ends the reading. When the
 * form turns out to be broken after the file was taken, `release` is called with what `take` gave.
 */
export async function readForm<Taken>(
  req: IncomingMessage,
  take: (bytes: Readable) => Promise<Taken>,
  release: (taken: Taken) => Promise<void>,
  signal: Cancellation,
): Promise<Form<Taken>> {
  const parser = await createParser(req);
  const fields = new Map<string, string>();
  let file: Promise<FormFile<Taken>> | undefined;
  let incoming: Readable | undefined;
  const parsed = new Promise<void>((resolve, reject) => {
    // A part may come without a name, whatever the parser's types say.
    parser.on("field", (name: string | undefined, value, _nameTruncated, truncated) => {
      if (name === undefined) {
        reject(nameless());
        return;
      }
      if (truncated) reject(malformed(`the field \`${name.slice(0, 64)}\` is too long`));
      fields.set(name, value);
    });
    parser.on("file", (name: string | undefined, bytes, filename, _encoding, contentType) => {
      // Whoever reads the bytes meets the error too and rejects with the reason; unheard here, it
      // would end the process.
      bytes.on("error", () => undefined);
      if (name !== "file") {
        reject(
          name === undefined
            ? nameless()
            : malformed(`the file is in the field \`${name.slice(0, 64)}\`, not in \`file\``),
        );
        bytes.resume();
        return;
      }
      incoming = bytes;
      file = take(bytes).then((taken) => ({ filename, contentType, taken }));
      file.catch(reject);
    });
    for (const limit of ["partsLimit", "filesLimit", "fieldsLimit"] as const) {
      parser.on(limit, () => reject(malformed("it has more parts than one file and its fields")));
    }
    parser.on("error", (error) => reject(malformed(reasonOf(error))));
    parser.on("finish", resolve);
    req.on("error", reject);
    const stop = (): void => reject(signal.reason);
    // Admission waits, and the time may be over by now.
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
    req.on("close", () => {
      if (!req.complete) reject(malformed("it ended early"));
    });
    req.pipe(parser);
  });
  try {
    await parsed;
    return { fields, file: await file };
  } catch (error) {
    req.unpipe(parser);
    parser.destroy();
    // Whoever reads the file would wait for ever for its end.
    incoming?.destroy(toRelayError(error));
    // The rest is read past, not kept: a client that is still sending would not see the refusal.
    req.resume();
    await file?.then(({ taken }) => release(taken)).catch(() => undefined);
    throw error;
  }
}

async function createParser(req: IncomingMessage): Promise<BusboyInstance> {
  const type = req.headers["content-type"] ?? "";
  const headers = { ...req.headers, "content-type": type };
  if (/^multipart\/form-data\s*;/i.test(type)) {
    // Loaded at the first upload; most relays see none.
    const { Busboy } = await import("@fastify/busboy");
    try {
      return new Busboy({
        headers,
        limits: {
          files: 1,
          fields: 16,
          parts: 17,
          fieldSize: 4_096,
          headerPairs: 16,
          headerSize: 16_384,
        },
      });
    } catch {
      // The only thing it refuses here is a type without a boundary; the message below says so.
    }
  }
  throw new RelayError(
    "unsupported_media_type",
    `The request body must be sent as \`content-type: multipart/form-data\` with a boundary; it was \`${type.slice(0, 100)}\`.`,
  );
}

function nameless(): RelayError {
  return malformed("a part has no name");
}

function malformed(reason: string): RelayError {
  return new RelayError("invalid_request", `The form cannot be read: ${reason}.`);
}

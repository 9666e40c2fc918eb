/** `/v1/files`: uploads kept on this machine, for requests that name them by `file_id`. */
import { RelayError } from "../../errors.ts";
import type { FileFacts, FileRecord } from "../../storage/file-record.ts";
import type { FileStore } from "../../storage/files.ts";
import { toFileAnswer } from "../file-answer.ts";
import { readForm } from "../multipart.ts";
import { pageOf } from "../pagination.ts";
import { json, type Route, type RouteRequest } from "../route.ts";

const purposes = ["assistants", "batch", "fine-tune", "vision", "user_data", "evals"];
const rules = { defaultLimit: 10_000, maxLimit: 10_000 };

export function fileRoutes(files: FileStore): Route[] {
  const find = async ({ params }: RouteRequest): Promise<FileRecord> => {
    const record = await files.find(params["id"] ?? "");
    if (record === undefined) throw notFound();
    return record;
  };
  return [
    {
      method: "POST",
      path: "/v1/files",
      async handle({ exchange }) {
        const { fields, file } = await readForm(
          exchange.req,
          (bytes) => files.receive(bytes),
          (upload) => upload.discard(),
          exchange.scope.signal,
        );
        if (file === undefined) throw invalid("file", "is required: a part with a file name.");
        const { taken: upload, filename, contentType } = file;
        try {
          const facts = { filename: filename ?? "", contentType, ...factsOf(fields) };
          if (upload.bytes === 0) throw invalid("file", "is empty.");
          const record = await upload.keep(facts);
          exchange.scope.transit.record("inbound_body", { body: toFileObject(record) });
          return json(toFileObject(record));
        } catch (error) {
          await upload.discard();
          throw error;
        }
      },
    },
    {
      method: "GET",
      path: "/v1/files",
      async handle({ query }) {
        const purpose = query.get("purpose");
        const records = (await files.list()).filter(
          (record) => purpose === null || record.purpose === purpose,
        );
        return json(pageOf(records.map(toFileObject), query, rules));
      },
    },
    {
      method: "GET",
      path: "/v1/files/:id",
      handle: async (request) => json(toFileObject(await find(request))),
    },
    {
      method: "DELETE",
      path: "/v1/files/:id",
      async handle({ params }) {
        const id = params["id"] ?? "";
        if (!(await files.delete(id))) throw notFound();
        return json({ id, object: "file", deleted: true });
      },
    },
    {
      method: "GET",
      path: "/v1/files/:id/content",
      async handle(request) {
        const record = await find(request);
        const bytes = await files.open(record.id);
        if (bytes === undefined) throw notFound();
        return toFileAnswer(record.filename, bytes.size, bytes.stream);
      },
    },
  ];
}

function factsOf(
  fields: ReadonlyMap<string, string>,
): Pick<FileFacts, "purpose" | "expiresAfterSeconds"> {
  const purpose = fields.get("purpose");
  if (purpose === undefined || !purposes.includes(purpose)) {
    const list = purposes.map((each) => `\`${each}\``).join(", ");
    throw invalid("purpose", `must be one of ${list}, as a field of the form.`);
  }
  const anchor = fields.get("expires_after[anchor]");
  const seconds = fields.get("expires_after[seconds]");
  if (anchor === undefined && seconds === undefined) return { purpose };
  if (anchor !== "created_at") throw invalid("expires_after.anchor", "must be `created_at`.");
  const expiresAfterSeconds = /^\d{1,7}$/.test(seconds ?? "") ? Number(seconds) : 0;
  if (expiresAfterSeconds < 3_600 || expiresAfterSeconds > 2_592_000) {
    throw invalid("expires_after.seconds", "must be a whole number from 3600 to 2592000.");
  }
  return { purpose, expiresAfterSeconds };
}

function toFileObject({ id, bytes, createdAt, expiresAt, filename, purpose }: FileRecord) {
  return {
    id,
    object: "file",
    bytes,
    created_at: Math.floor(createdAt / 1000),
    ...(expiresAt === undefined ? {} : { expires_at: Math.floor(expiresAt / 1000) }),
    filename,
    purpose,
    status: "processed",
  };
}

function notFound(): RelayError {
  return new RelayError("not_found", "There is no such file. List them with GET /v1/files.", {
    param: "file_id",
  });
}

function invalid(param: string, problem: string): RelayError {
  return new RelayError("invalid_request", `\`${param}\` ${problem}`, { param });
}

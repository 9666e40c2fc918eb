import { readdir } from "node:fs/promises";
import { request } from "node:http";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import type { RouteRequest } from "../../../src/server/route.ts";
import { fileRoutes } from "../../../src/server/routes/files.ts";
import { startStateServer } from "../../helpers/state-server.ts";

interface Uploaded {
  readonly id: string;
  readonly [field: string]: unknown;
}

async function setUp() {
  const server = await startStateServer();
  const post = (form: FormData) => fetch(`${server.url}/v1/files`, { method: "POST", body: form });
  const upload = async (content = "hello", filename = "a.txt", purpose = "user_data") =>
    (await (await post(form(content, filename, { purpose }))).json()) as Uploaded;
  const refused = async (data: FormData) => {
    const answer = await post(data);
    const { error } = (await answer.json()) as { error: object };
    return { status: answer.status, ...error };
  };
  return { ...server, post, upload, refused };
}

function form(
  content: string | undefined,
  filename: string,
  fields: Record<string, string>,
): FormData {
  const data = new FormData();
  // As the SDK sends it: the file first.
  if (content !== undefined) data.append("file", new Blob([content]), filename);
  for (const [name, value] of Object.entries(fields)) data.append(name, value);
  return data;
}

describe("POST /v1/files", () => {
  it("keeps the file and answers with its record", async () => {
    const { upload, call } = await setUp();
    const uploaded = await upload("hello", "notes.md", "vision");
    expect(uploaded).toEqual({
      id: expect.stringMatching(/^file_[0-9a-f]{32}$/),
      object: "file",
      bytes: 5,
      created_at: 1_700_000_000,
      filename: "notes.md",
      purpose: "vision",
      status: "processed",
    });
    expect(await call("GET", `/v1/files/${uploaded.id}`)).toEqual({ status: 200, body: uploaded });
  });

  it("takes a time after which the file goes", async () => {
    const { post } = await setUp();
    const fields = {
      purpose: "user_data",
      "expires_after[anchor]": "created_at",
      "expires_after[seconds]": "3600",
    };
    expect(await (await post(form("hello", "a", fields))).json()).toMatchObject({
      expires_at: 1_700_003_600,
    });
  });

  it.each([
    ["without a purpose", form("x", "a", {}), "purpose"],
    ["with an unknown purpose", form("x", "a", { purpose: "fun" }), "purpose"],
    ["without a file", form(undefined, "a", { purpose: "user_data" }), "file"],
    ["with an empty file", form("", "a", { purpose: "user_data" }), "file"],
    [
      "with an unknown anchor",
      form("x", "a", { purpose: "user_data", "expires_after[seconds]": "3600" }),
      "expires_after.anchor",
    ],
    [
      "with a time that is too short",
      form("x", "a", {
        purpose: "user_data",
        "expires_after[anchor]": "created_at",
        "expires_after[seconds]": "3599",
      }),
      "expires_after.seconds",
    ],
  ])("%s is refused, and nothing stays", async (_what, data, param) => {
    const { refused, uploads } = await setUp();
    expect(await refused(data)).toMatchObject({ status: 400, code: "invalid_request", param });
    expect(await readdir(uploads).catch(() => [])).toEqual([]);
  });

  it("refuses a file over the limit while it comes, and nothing stays", async () => {
    const { url, uploads } = await setUp();
    const client = request(`${url}/v1/files`, {
      method: "POST",
      headers: { "content-type": "multipart/form-data; boundary=XX" },
    });
    client.on("error", () => undefined);
    const answer = new Promise<{ status: number | undefined; body: string }>((resolve) => {
      client.on("response", async (res) =>
        resolve({ status: res.statusCode, body: await text(res) }),
      );
    });
    client.write('--XX\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\n');
    client.write("x".repeat(300_000));
    const { status, body } = await answer;
    client.destroy();
    expect([status, JSON.parse(body)]).toMatchObject([
      413,
      { error: { code: "request_too_large", param: "file" } },
    ]);
    expect(await readdir(uploads)).toEqual([]);
  });

  it("refuses a file for which there is no room", async () => {
    const { upload, refused } = await setUp();
    await upload("x".repeat(200_000));
    expect(await refused(form("x".repeat(150_000), "a", { purpose: "user_data" }))).toMatchObject({
      status: 413,
      code: "request_too_large",
    });
  });

  it("keeps a hostile name as a name", async () => {
    const { upload, uploads } = await setUp();
    const { id, filename } = await upload("x", "../../etc/passwd");
    expect(filename).toBe("passwd");
    expect((await readdir(uploads)).sort()).toEqual([`${id}.bin`, `${id}.json`]);
  });

  it("takes a form only", async () => {
    const { call } = await setUp();
    const { status, body } = await call("POST", "/v1/files", {});
    expect([status, body]).toMatchObject([415, { error: { code: "unsupported_media_type" } }]);
  });
});

describe("GET /v1/files", () => {
  it("gives pages, the newest first", async () => {
    const { upload, call } = await setUp();
    const ids: string[] = [];
    for (const name of ["a", "b", "c"]) ids.push((await upload("x", name)).id);
    const { body } = await call("GET", "/v1/files?limit=2");
    expect(body).toMatchObject({
      object: "list",
      data: [{ id: ids[2] }, { id: ids[1] }],
      first_id: ids[2],
      last_id: ids[1],
      has_more: true,
    });
    const next = await call("GET", `/v1/files?limit=2&after=${ids[1]}`);
    expect(next.body).toMatchObject({ data: [{ id: ids[0] }], has_more: false });
  });

  it("gives the files of one purpose", async () => {
    const { upload, call } = await setUp();
    await upload("x", "a", "user_data");
    const { id } = await upload("x", "b", "vision");
    expect((await call("GET", "/v1/files?purpose=vision")).body).toMatchObject({
      data: [{ id }],
      has_more: false,
    });
    expect((await call("GET", "/v1/files?purpose=evals")).body).toMatchObject({ data: [] });
  });
});

describe("DELETE /v1/files/{id}", () => {
  it("removes the file", async () => {
    const { upload, call, uploads } = await setUp();
    const { id } = await upload();
    const path = `/v1/files/${id}`;
    expect(await call("DELETE", path)).toEqual({
      status: 200,
      body: { id, object: "file", deleted: true },
    });
    expect((await call("DELETE", path)).status).toBe(404);
    expect(await readdir(uploads)).toEqual([]);
  });
});

describe("GET /v1/files/{id}/content", () => {
  it("answers with the bytes as a download", async () => {
    const { upload, files } = await setUp();
    const { id } = await upload("<script>", "a.html");
    const route = fileRoutes(files).find(({ path }) => path === "/v1/files/:id/content");
    const answer = await route?.handle({ params: { id } } as unknown as RouteRequest);
    if (answer?.kind !== "file") throw new Error("expected a file");
    expect([await text(answer.open()), answer.bytes, answer.headers]).toEqual([
      "<script>",
      8,
      {
        "content-type": "application/octet-stream",
        "content-disposition": "attachment; filename=\"a.html\"; filename*=UTF-8''a.html",
        "x-content-type-options": "nosniff",
      },
    ]);
  });
});

it.each([
  "..",
  "..%2f..%2fetc%2fpasswd",
  "%2e%2e%2f",
  "file_%00",
  "C:%5Cx",
  "%5C%5Chost%5Cshare",
  "CON",
  "file_1.",
  "file_%20",
  `file_${"a".repeat(4_000)}`,
  "file_%D9%A1",
])("knows no file %s", async (id) => {
  const { call } = await setUp();
  const calls = [
    ["GET", ""],
    ["DELETE", ""],
    ["GET", "/content"],
  ] as const;
  for (const [method, end] of calls) {
    const { status, body } = await call(method, `/v1/files/${id}${end}`);
    expect([404, 405]).toContain(status);
    expect(body).toMatchObject({ error: { type: "invalid_request_error" } });
  }
});

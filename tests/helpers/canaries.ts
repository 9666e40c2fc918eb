/** Every secret of a session, gathered on the wire, and the search for them in what a program left. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Exchange } from "./tap.ts";

/** By what it is: `refresh_token`, `state`. */
export type Secrets = ReadonlyMap<string, ReadonlySet<string>>;

const secretFields = [
  "access_token",
  "refresh_token",
  "id_token",
  "token",
  "oai_is",
  "code",
  "authorization_code",
  "code_verifier",
  "device_auth_id",
  "state",
];

/** What was sent and answered under the names that hold secrets, in bodies and addresses. */
export function secretsIn(exchanges: readonly Exchange[]): Map<string, Set<string>> {
  const secrets = new Map<string, Set<string>>();
  const keep = (fields: Iterable<readonly [string, unknown]>): void => {
    for (const [name, value] of fields) {
      // `code` is also the name of an error's code, which is a short word.
      if (!secretFields.includes(name) || typeof value !== "string" || value.length < 20) continue;
      secrets.set(name, (secrets.get(name) ?? new Set()).add(value));
    }
  };
  for (const { target, headers, body, answer, answerHeaders } of exchanges) {
    if (target.includes("/backend-api/")) continue;
    keep(queryOf(target));
    keep(queryOf(answerHeaders.location ?? ""));
    keep(fieldsOf(answer));
    const isForm = headers["content-type"]?.includes("form") === true;
    keep(isForm ? new URLSearchParams(body) : fieldsOf(body));
  }
  return secrets;
}

function queryOf(address: string): URLSearchParams {
  return new URLSearchParams(address.split("?")[1] ?? "");
}

function fieldsOf(text: string): [string, unknown][] {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? Object.entries(value) : [];
  } catch {
    // A page.
    return [];
  }
}

/** Which secrets a text holds: whole or in part, as they are or encoded. */
export function findSecrets(text: string, secrets: Secrets): string[] {
  return [...secrets].flatMap(([name, values]) =>
    [...values].some((value) => formsOf(value).some((form) => text.includes(form))) ? [name] : [],
  );
}

function formsOf(secret: string): string[] {
  // The head of a JWT is no secret; its claims and its signature are, and a cut token is one too.
  const isJwt = /^eyJ[\w-]+\.eyJ/.test(secret);
  const parts = isJwt ? secret.split(".").slice(1) : [secret];
  return parts.flatMap((part) => {
    const bytes = Buffer.from(part);
    const ends = [part.slice(0, 20), part.slice(-20)];
    const encoded = [bytes.toString("base64url"), bytes.toString("hex")];
    return [...ends, ...encoded.map((text) => text.slice(0, 40)), encodeURIComponent(part)];
  });
}

/** All text below a folder, by path; the files named are left out, their names are not. */
export async function readTree(
  folder: string,
  leftOut: readonly string[],
): Promise<Map<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const texts = new Map<string, string>();
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    const isRead = entry.isFile() && !leftOut.includes(path);
    texts.set(path, `${path}\n${isRead ? await readFile(path, "latin1") : ""}`);
  }
  return texts;
}

/** Request targets: those of the routes, and what comes of them by a few changes. */
import fc from "fast-check";

const routePaths: readonly string[] = [
  "/",
  "/healthz",
  "/v1/models",
  "/v1/models/gpt-5.5",
  "/v1/relay/status",
  "/v1/subscription/status",
  "/v1/responses",
  "/v1/chat/completions",
  "/v1/completions",
  "/v1/files",
  "/v1/files/file-00000000000000000000000000000001",
  "/v1/files/file-00000000000000000000000000000001/content",
  "/v1/conversations",
  "/v1/conversations/conv_00000000000000000000000000000001/items",
  "/v1/responses/resp_1",
  "/v1/messages",
  "/v1/embeddings",
  "/api/tags",
  "/api/hello",
];

const pieces = [
  "/",
  "//",
  "/.",
  "/..",
  "/../",
  "%2f",
  "%2F",
  "%2e%2e",
  "%00",
  "%",
  "%zz",
  "%c0%af",
  "\\",
  ";",
  ";a=b",
  "?",
  "?a=b",
  "?a=%",
  "#",
  "@",
  ":",
  "*",
  "healthz",
  "/healthz",
  "v1",
  "/v1/models",
  "/no-tools",
  "http://evil.example",
  "//evil.example",
  "é",
  "\u00ff",
  "~",
  "+",
  "&",
  "=",
  "[",
  "]",
  "|",
  "{",
  "}",
  "^",
  '"',
  "<",
  "constructor",
  "__proto__",
  "a".repeat(300),
] as const;

const piece = fc.constantFrom(...pieces);
const place = fc.double({ min: 0, max: 1, noNaN: true });

type Change = (target: string) => string;

const at = (target: string, where: number): number => Math.floor(where * (target.length + 1));

const change: fc.Arbitrary<Change> = fc.oneof(
  fc.tuple(place, piece).map(
    ([where, text]): Change =>
      (target) =>
        target.slice(0, at(target, where)) + text + target.slice(at(target, where)),
  ),
  fc.tuple(place, place).map(
    ([from, length]): Change =>
      (target) =>
        target.slice(0, at(target, from)) + target.slice(at(target, from) + Math.ceil(length * 4)),
  ),
  place.map(
    (where): Change =>
      (target) => {
        const index = Math.min(at(target, where), target.length - 1);
        const hex = (target.charCodeAt(index) & 255).toString(16).padStart(2, "0");
        return `${target.slice(0, index)}%${hex}${target.slice(index + 1)}`;
      },
  ),
  place.map(
    (where): Change =>
      (target) => {
        const index = at(target, where);
        return target.slice(0, index) + target.slice(index).toUpperCase();
      },
  ),
  piece.map(
    (text): Change =>
      (target) =>
        text + target,
  ),
  piece.map(
    (text): Change =>
      (target) =>
        target + text,
  ),
);

/** Without the bytes that would end a request line; those belong to another test. */
export const targets: fc.Arbitrary<string> = fc
  .tuple(
    fc.constantFrom(...routePaths, ...routePaths.map((path) => `/no-tools${path}`)),
    fc.array(change, { maxLength: 3 }),
  )
  .map(([path, changes]) => changes.reduce((target, apply) => apply(target), path))
  .map((target) => target.replaceAll(/[\0-\x20\x7f]/g, "") || "/");

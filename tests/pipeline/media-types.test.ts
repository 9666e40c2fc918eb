import { expect, it } from "vitest";
import { guessMediaType, isTextLike, mediaTypeOf } from "../../src/pipeline/media-types.ts";

it.each([
  ["a.pdf", "application/pdf"],
  ["A.JPEG", "image/jpeg"],
  ["a.tar.md", "text/markdown"],
  ["pdf", undefined],
  ["a.", undefined],
  ["a.__proto__", undefined],
])("knows the type of %j: %s", (name, type) => {
  expect(guessMediaType(name)).toBe(type);
});

it("believes the name only of a file whose type was not said", () => {
  expect([
    mediaTypeOf("text/plain", "a.pdf"),
    mediaTypeOf("application/octet-stream", "a.pdf"),
    mediaTypeOf("", "a"),
  ]).toEqual(["text/plain", "application/pdf", "application/octet-stream"]);
});

it("takes as text what can stand in a prompt", () => {
  const types = ["text/x-anything", "application/json", "application/ld+json", "application/yaml"];
  const others = [
    "application/pdf",
    "application/jsonish",
    "image/svg+xml",
    "application/octet-stream",
  ];
  expect([types.filter(isTextLike), others.filter(isTextLike)]).toEqual([types, []]);
});

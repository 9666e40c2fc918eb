/** Images as Ollama has them, bare base64 without a type, as parts of an input item. */
import type { JsonObject } from "../../protocol/json.ts";
import { invalid, optionalArray } from "../fields.ts";

/** How the base64 of each kind begins: its magic bytes, as far as whole characters tell them. */
const beginnings: readonly (readonly [beginning: RegExp, type: string])[] = [
  [/^iVBORw/, "image/png"],
  [/^\/9j\//, "image/jpeg"],
  [/^R0lGOD/, "image/gif"],
  [/^UklGR.{6}XRUJQ/, "image/webp"],
];

/** The images of a message or of a prompt; `path` names the list in errors. */
export function imageParts(from: JsonObject, path: string): JsonObject[] {
  return (optionalArray(from, "images", path) ?? []).map((image, index) => ({
    type: "input_image",
    image_url: dataUrl(image, `${path}[${index}]`),
    detail: "auto",
  }));
}

function dataUrl(image: unknown, path: string): string {
  if (typeof image !== "string") throw invalid(path, "must be an image in base64.");
  if (image.startsWith("data:")) return image;
  const found = beginnings.find(([beginning]) => beginning.test(image));
  if (found === undefined) throw invalid(path, "must be a PNG, JPEG, GIF or WebP image in base64.");
  return `data:${found[1]};base64,${image}`;
}

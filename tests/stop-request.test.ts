import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { onStopRequest, removeStopRequest, requestStop } from "../src/stop-request.ts";
import { makeTempFolder } from "./helpers/temp-folder.ts";

it("reaches the relay that is meant, and no other", async () => {
  const dataDir = await makeTempFolder();
  await mkdir(join(dataDir, "run"));
  const asked: string[] = [];
  const endOther = onStopRequest(dataDir, "other", () => asked.push("other"));
  let endLooking = (): void => undefined;
  const reached = new Promise<void>((resolve) => {
    endLooking = onStopRequest(dataDir, "meant", resolve);
  });
  await requestStop(dataDir, "meant");
  await reached;
  endLooking();
  endOther();
  expect(asked).toEqual([]);
  await removeStopRequest(dataDir, "meant");
  await removeStopRequest(dataDir, "meant");
  expect(await readdir(join(dataDir, "run"))).toEqual([]);
});

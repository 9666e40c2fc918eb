import { expect, it } from "vitest";
import { formatCommand } from "../../../src/cli/service/apply.ts";

it("shows a command as it would be typed", () => {
  const path = "/Users/jö/my files/airelays.plist";
  expect(formatCommand(["launchctl", "bootstrap", "gui/501", path])).toBe(
    `launchctl bootstrap gui/501 "${path}"`,
  );
  expect(formatCommand(["schtasks", "/Create", "/XML", "C:\\d\\service.xml"])).toBe(
    "schtasks /Create /XML C:\\d\\service.xml",
  );
});
